// The module dockerfile on Dockerfiles that fail in each way, and its scan with a database of this test's own.
// inputs: modules/dockerfile
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { repository } from "../pipeline/shop"
import { call, failing } from "../sdk/dagger"

const source = mkdtempSync(join(tmpdir(), "dockerfile-"))
const module = ["-m", join(repository, "modules/dockerfile")]

const files: Record<string, string> = {
  Dockerfile: `FROM debian:bookworm-slim AS base
USER 1000
FROM base AS document
RUN <<EOF
echo "the first line"
echo "boom: the document failed" >&2
false
EOF
FROM base AS words
RUN ["sh", "-c", "exit 3"]
FROM base AS missing
COPY secret.txt kept.txt /app/
FROM delivery-test.invalid/none:1 AS unknown
FROM base AS late
COPY kept.txt /app/
COPY --from=document /etc/passwd /app/
FROM base
COPY kept.txt /app/
`,
  ".dockerignore": "secret.txt\n",
  "secret.txt": "not in any image\n",
  "kept.txt": "kept\n",
}

beforeAll(() => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(source, file)), { recursive: true })
    writeFileSync(join(source, file), text)
  }
})
afterAll(() => rmSync(source, { recursive: true, force: true }))

describe("a build", () => {
  it.each([
    ["document", /Dockerfile:4 RUN <<EOF: exit code 1: boom: the document failed/],
    ["words", /Dockerfile:10 RUN \["sh", "-c", "exit 3"\]: /],
    ["missing", /Dockerfile:12 COPY secret\.txt kept\.txt \/app\/: .*secret\.txt/],
    ["unknown", /Dockerfile:13 FROM delivery-test\.invalid\/none:1 AS unknown: /],
    ["late", /Dockerfile:4 RUN <<EOF: exit code 1: boom/],
    ["none", /the target "none" is not in it; it has: base, document, words, missing, unknown, late/],
  ])("of the target %s names the instruction that failed", async (stage, words) => {
    expect(await failing(source, ...module, "build", `--source=${source}`, `--stage=${stage}`, "user")).toMatch(words)
  })
  it("has what the context has, without what is ignored and without a file of the build's own", async () => {
    const listed = await call(source, ...module, "build", `--source=${source}`, "directory", "--path=/app", "entries")
    expect(listed.trim().split("\n")).toEqual(["kept.txt"])
  })
})

describe("a scan", () => {
  let server: Server
  let address: string[]
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = ""
      request.on("data", (data: Buffer) => (body += data.toString()))
      request.on("end", () => response.end(JSON.stringify(answerTo(request.url ?? "", body))))
    })
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    const { port } = server.address() as AddressInfo
    address = [`--service=tcp://127.0.0.1:${port}`, `--database=http://database:${port}`]
  })
  afterAll(() => void server.close())
  /** A database that knows a flaw of bash. */
  function answerTo(url: string, body: string): object {
    const affected = [{ package: { name: "bash", ecosystem: "Debian:12" }, ranges: [{ events: [{ fixed: "99" }] }] }]
    if (url !== "/v1/querybatch")
      return {
        id: "TEST-1",
        summary: "A made-up flaw",
        aliases: ["CVE-2026-0001"],
        affected,
        database_specific: { severity: "HIGH" },
      }
    const { queries } = JSON.parse(body) as { queries: { package: { name: string; ecosystem: string } }[] }
    return { results: queries.map(({ package: { name } }) => (name === "bash" ? { vulns: [{ id: "TEST-1" }] } : {})) }
  }
  it("has the findings of the database", async () => {
    const args = ["scan", "--image=debian:bookworm-slim", ...address, "--label=api/Dockerfile"]
    const result = JSON.parse(
      await call(source, ...module, ...args, "reports", "file", "--path=result.json", "contents"),
    ) as { status: string; reason: string; value: number; packages: string }
    expect(result).toMatchObject({ status: "failed", value: 1 })
    expect(result.reason).toMatch(
      /^api\/Dockerfile bash@\S+ \(Debian:12\): A made-up flaw \(CVE-2026-0001\); fixed in 99 \(TEST-1\)$/,
    )
    expect(result.packages).toMatch(/^\d+ deb/)
  })
})
