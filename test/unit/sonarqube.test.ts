// The program of the scanner's container, with stand-ins of SonarQube's API and of sonar-scanner.
// test/modules/sonarqube.test.ts uses the real ones.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { analyzeProgram, codes } from "../../modules/sonarqube/src/scripts"

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "sonarqube-"))))
afterEach(() => rmSync(folder, { recursive: true }))

const answers: Record<string, unknown> = {
  "/api/system/status": { status: "UP" },
  "/api/authentication/validate": { valid: true },
  "/api/ce/task": { task: { status: "SUCCESS", analysisId: "1" } },
  "/api/qualitygates/project_status": { projectStatus: { status: "OK", conditions: [] } },
  "/api/issues/search": { total: 0, issues: [] },
  "/api/hotspots/search": { hotspots: [] },
}

/**
 * Runs the program against a server that keeps idle connections for three seconds, says so, and does not answer on one
 * that was idle for longer. `scanner` is a shell script.
 */
async function analyzed(scanner: string): Promise<{ code: number; output: string }> {
  const last = new Map<Socket, number>()
  const server = createServer((request, response) => {
    const lost = Date.now() - (last.get(request.socket) ?? Date.now()) > 2500
    last.set(request.socket, Date.now())
    response.setHeader("Keep-Alive", "timeout=3")
    if (!lost) response.end(JSON.stringify(answers[request.url!.split("?")[0]!]))
  })
  server.keepAliveTimeout = 0
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  writeFileSync(join(folder, "sonar-scanner"), `#!/bin/sh\n${scanner}\n`, { mode: 0o755 })
  const program = analyzeProgram.replaceAll(/\/(report|tmp)\//g, `${folder}/`)
  const env = {
    PATH: `${folder}:${process.env.PATH}`,
    SONAR_HOST_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    SONAR_TOKEN: "t",
    PROJECT: "shop",
    WAIT: "5",
    GATE_TIMEOUT: "5",
    REPORT: join(folder, "report-task.txt"),
  }
  const child = spawn(process.execPath, ["-e", program], { env, stdio: ["ignore", "pipe", "inherit"] })
  let output = ""
  child.stdout.on("data", (part: Buffer) => (output += part.toString()))
  const limit = setTimeout(() => child.kill(), 10_000)
  const [code, signal] = (await once(child, "close")) as [number, string | null]
  clearTimeout(limit)
  server.closeAllConnections()
  server.close()
  return { code, output: signal ? `no end: ${output}` : output }
}
const writesTask = 'printf "ceTaskId=1\\ndashboardUrl=http://sonar/dashboard\\n" > "$REPORT"'

it("asks on a new connection after a scan that takes longer than the server keeps an old one", async () => {
  expect(await analyzed(`sleep 3; ${writesTask}`)).toEqual({ code: 0, output: "" })
  expect(JSON.parse(readFileSync(join(folder, "sonarqube.json"), "utf8"))).toMatchObject({
    gate: "OK",
    total: 0,
    dashboard: "http://sonar/dashboard",
  })
}, 15_000)
it("says how the scanner ended", async () =>
  expect(await analyzed("exit 2")).toEqual({ code: codes.scanner, output: "sonar-scanner ended with 2\n" }))
it("says which signal ended the scanner", async () =>
  expect(await analyzed("kill -9 $$")).toEqual({ code: codes.scanner, output: "sonar-scanner ended with SIGKILL\n" }))
