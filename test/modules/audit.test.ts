// Known vulnerabilities, with stand-ins of the databases: a folder and a server with made-up entries, as vuln.go.dev and npm's registry have them.
// inputs: modules/audit test/fixtures/vulndb test/fixtures/dependencies
import { existsSync, readFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dagger } from "../sdk/dagger"
import { freePort } from "../lib/up"

const repository = join(import.meta.dirname, "../..")
const database = join(repository, "test/fixtures/vulndb")
const projects = join(repository, "test/fixtures/dependencies")

const advisory = {
  id: 1,
  title: "Made up for tests: time stands still",
  url: "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
  severity: "high",
  vulnerable_versions: "<2.1.4",
  cwe: [],
  cvss: { score: 0, vectorString: null },
}
let server: Server
const requests: string[] = []
beforeAll(async () => {
  server = createServer((request, answer) => {
    const path = new URL(request.url!, "http://x").pathname
    requests.push(`${request.method} ${path}`)
    const send = (body: string | Buffer) => answer.writeHead(200, { "Content-Type": "application/json" }).end(body)
    if (request.method === "POST" && path === "/-/npm/v1/security/advisories/bulk")
      return void request.resume().on("end", () => send(JSON.stringify({ ms: [advisory] })))
    const [file, gz] = [join(database, path.replace(/\.gz$/, "")), path.endsWith(".gz")]
    if (!existsSync(file) || !path.includes(".json")) return void answer.writeHead(404).end()
    return void send(gz ? gzipSync(readFileSync(file)) : readFileSync(file))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

interface Result {
  status: string
  reason: string
  unreachable: string
  exitCode: number
  value?: number
}

/** The result.json of a scan. */
async function scan(paths: string, ...args: string[]): Promise<Result> {
  const { code, stdout, stderr } = await dagger(
    [
      "-m",
      "modules/audit",
      "call",
      "--silent",
      "scan",
      `--source=${projects}`,
      `--paths=${paths}`,
      ...args,
      "reports",
      "file",
      "--path=result.json",
      "contents",
    ],
    { cwd: repository, seconds: 500 },
  )
  expect(code, stderr.slice(-2000)).toBe(0)
  return JSON.parse(stdout) as Result
}
const mirrored = (): string[] => {
  const { port } = server.address() as AddressInfo
  return [
    `--service=tcp://127.0.0.1:${port}`,
    `--go-database=http://database:${port}`,
    `--npm-registry=http://database:${port}`,
  ]
}

describe("a database that answers", () => {
  it("makes what it knows of red: the worst first, with id, package, version and what mends it", async () => {
    const result = await scan("go,npm", ...mirrored())
    expect(result).toMatchObject({ status: "failed", value: 2, exitCode: 0, unreachable: "" })
    expect(result.reason).toBe(
      "go/go.mod:5 github.com/google/uuid@v1.6.0: Made up for tests: identifiers can be guessed in " +
        "github.com/google/uuid (CVE-2026-990001); fixed in v1.6.1 (GO-2026-90001), and 1 more",
    )
    expect(requests).toEqual(
      expect.arrayContaining(["GET /index/modules.json.gz", "POST /-/npm/v1/security/advisories/bulk"]),
    )
    expect((await scan("npm", ...mirrored())).reason).toBe(
      "npm/package-lock.json:14 ms@2.1.3: Made up for tests: time stands still (high); fixed in 2.1.4 (GHSA-aaaa-bbbb-cccc)",
    )
  })
  it("knows what a lock file of another package manager names, with its line there", async () =>
    expect(await scan("pnpm", ...mirrored())).toMatchObject({
      status: "failed",
      value: 1,
      reason: expect.stringMatching(
        /^pnpm\/pnpm-lock\.yaml:25 ms@2\.1\.3: .*; fixed in 2\.1\.4 \(GHSA-aaaa-bbbb-cccc\)$/,
      ),
    }))
  it("may be a folder", async () =>
    expect(await scan("go", `--go-database-folder=${database}`)).toMatchObject({
      status: "failed",
      value: 1,
      reason: expect.stringContaining("(GO-2026-90001)"),
    }))
})

describe("a database that does not answer", () => {
  it("makes a scan inconclusive, never green, and is named", async () => {
    const port = await freePort()
    const result = await scan(
      "go,npm",
      `--go-database=http://127.0.0.1:${port}`,
      `--npm-registry=http://127.0.0.1:${port}`,
    )
    expect(result).toMatchObject({ status: "inconclusive", value: 0 })
    expect(result.reason).toContain(`http://127.0.0.1:${port} could not be read`)
    expect(result.unreachable).toContain(`http://127.0.0.1:${port} could not be queried`)
  })
  it("hides nothing that another one knows", async () =>
    expect(await scan("go,npm", `--go-database-folder=${database}`, "--npm-registry=http://127.0.0.1:9")).toMatchObject(
      {
        status: "failed",
        reason: expect.stringContaining("(GO-2026-90001)"),
        unreachable: expect.stringContaining("http://127.0.0.1:9 could not be queried"),
      },
    ))
})

describe("a project", () => {
  it("without dependencies that are declared is not applicable", async () =>
    expect(await scan("none")).toMatchObject({
      status: "notApplicable",
      reason: "no go.mod or lock file in none",
    }))
})
