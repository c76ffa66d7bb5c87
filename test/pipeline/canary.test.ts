// Secrets of a call are not in anything that it leaves: not as they are, as base64 or as hexadecimal digits, in no output,
// report, log or layer. The services
// that are checked here try to give them away: their tests and scripts print all that they can read.
// inputs: engine ci modules dagger.json test/pipeline/shop.ts
import { spawnSync } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dagger } from "../sdk/dagger"
import { Shop, filesIn, repository, type Stage } from "./shop"

const canary = (): string => `canary${randomBytes(9).toString("hex")}`
// The proxy's is the same each time: the tools that are installed through it need not be installed again.
const proxy = `canary${createHash("sha256").update("the password of a proxy").digest("hex").slice(0, 18)}`
const [login, token, sonar] = [canary(), canary(), canary()]
const env = {
  NETRC: `machine goproxy.invalid\n  login ci\n  password ${login}\n`,
  GOPROXY_URL: `https://proxy.golang.org,https://ci:${proxy}@goproxy.invalid`,
  NPMRC: `@shop:registry=https://npm.invalid/\n//npm.invalid/:_authToken=${token}\n`,
  SONAR: sonar,
}

/** What a canary looks like: as it is, and in the forms that hide it from who replaces secrets in a text. */
const forms = [login, proxy, token, sonar].flatMap((text) => {
  const base64 = [0, 1, 2].map((before) =>
    Buffer.from("x".repeat(before) + text)
      .toString("base64")
      .slice(4, -4),
  )
  return [text, Buffer.from(text).toString("hex"), ...base64]
})

/** The forms of canaries in some bytes. */
const foundIn = (bytes: Buffer): string[] => forms.filter((form) => bytes.includes(form))

const folder = mkdtempSync(join(tmpdir(), "canary-"))
let shop: Shop

beforeAll(() => {
  shop = new Shop()
  shop.remove("services/frontend")
  // Prints the environment and the files where secrets are mounted, as they are, as base64 and as hexadecimal digits; `ends` is how it ends.
  const tell = (ends: string) =>
    [
      'const fs = require("fs")',
      'const read = (file) => fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "none"',
      'const all = ["/run/npmrc", "/root/.npmrc", "/root/.netrc"].map(read)',
      'for (const form of ["utf8", "base64", "hex"]) console.log(Buffer.from(JSON.stringify([process.env, all])).toString(form))',
      `${ends}\n`,
    ].join("\n")
  shop.write("services/frontend/tell.js", tell(""))
  shop.write(
    "services/frontend/package.json",
    JSON.stringify({
      name: "frontend",
      version: "1.0.0",
      scripts: { preinstall: "echo installs", lint: "node tell.js" },
    }),
  )
  shop.write(
    "services/frontend/package-lock.json",
    JSON.stringify({
      name: "frontend",
      version: "1.0.0",
      lockfileVersion: 3,
      requires: true,
      packages: { "": { name: "frontend", version: "1.0.0" } },
    }),
  )
  shop.write(
    "services/api/price/tell_test.go",
    [
      "package price",
      "",
      "import (",
      '\t"encoding/base64"',
      '\t"encoding/hex"',
      '\t"fmt"',
      '\t"os"',
      '\t"testing"',
      ")",
      "",
      "func TestTells(t *testing.T) {",
      "\tall := fmt.Sprint(os.Environ())",
      '\tfor _, file := range []string{"/root/.netrc", "/run/npmrc"} {',
      "\t\ttext, _ := os.ReadFile(file)",
      "\t\tall += string(text)",
      "\t}",
      '\tfmt.Println("told", all, base64.StdEncoding.EncodeToString([]byte(all)), hex.EncodeToString([]byte(all)))',
      '\tif os.Getenv("GOPROXY") != "off" {',
      '\t\tt.Error("it could fetch")',
      "\t}",
      "}",
      "",
    ].join("\n"),
  )
  shop.commit("Tell all")
})
afterAll(() => {
  shop?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs `pr` with all its secrets, as `npm run pipeline` does; what it printed, and its reports. */
function pr(name: string): { output: string; reports: string; stages: Record<string, Stage> } {
  const reports = join(folder, name)
  const given = [
    "--netrc=env://NETRC",
    "--goproxy=env://GOPROXY_URL",
    "--npmrc=env://NPMRC",
    "--sonar-token=env://SONAR",
    "--only=secrets",
    "--only=api:test",
    "--only=api:build",
    "--only=frontend:lint",
  ]
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(repository, "engine/run.mjs"), "pipeline", "pr", `--source=${shop.root}`, `--reports=${reports}`, ...given],
    { cwd: repository, encoding: "utf8", env: { ...process.env, ...env } },
  )
  const { stages } = JSON.parse(readFileSync(join(reports, "result.json"), "utf8")) as { stages: Stage[] }
  return { output: stdout + stderr, reports, stages: Object.fromEntries(stages.map((stage) => [stage.name, stage])) }
}

/** Expects no canary in what a run printed and left; what was told is there, so that it was looked for in the right place. */
function expectNone({ output, reports }: ReturnType<typeof pr>): void {
  expect(foundIn(Buffer.from(output))).toEqual([])
  const files = filesIn(reports)
  expect(files).toEqual(
    expect.arrayContaining(["dagger.log", "index.html", "api/test/output.txt", "frontend/lint/output.txt"]),
  )
  expect(readFileSync(join(reports, "frontend/lint/output.txt"), "utf8")).toContain('"npm_lifecycle_event":"lint"')
  for (const file of files) {
    const bytes = readFileSync(join(reports, file))
    expect(foundIn(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes), file).toEqual([])
  }
}

describe("secrets of pr", () => {
  it("can be found where they are", () => {
    for (const text of [
      `x${token}`,
      Buffer.from(`a ${token} b`).toString("base64"),
      Buffer.from(`ab ${login}\n`).toString("base64"),
      Buffer.from(`${sonar}!`).toString("hex"),
    ])
      expect(foundIn(Buffer.from(text))).toHaveLength(1)
  })

  it("are nowhere in a green run", () => {
    const run = pr("green")
    for (const name of ["secrets", "api:test", "api:build", "frontend:lint"])
      expect(run.stages[name], run.output.slice(-3000)).toMatchObject({ status: "passed" })
    expectNone(run)
  })

  it("are nowhere in a red run", () => {
    shop.write("services/frontend/tell.js", `${shop.read("services/frontend/tell.js")}process.exit(1)\n`)
    shop.write(
      "services/api/price/tell_test.go",
      shop.read("services/api/price/tell_test.go").replace('!= "off"', '== "off"'),
    )
    const run = pr("red")
    expect(run.stages["api:test"]).toMatchObject({ status: "failed" })
    expect(run.stages["frontend:lint"]).toMatchObject({ status: "failed" })
    expect(readFileSync(join(run.reports, "api/test/output.txt"), "utf8")).toContain("told")
    expectNone(run)
  })
})

describe("secrets of a module", () => {
  it("are in no layer of what was installed with them", async () => {
    const image = join(folder, "image.tar")
    const { code, stderr } = await dagger(
      [
        "--silent",
        "-m",
        "modules/node",
        "call",
        "with-private",
        "--npmrc=env://NPMRC",
        "install",
        `--source=${shop.root}/services/frontend`,
        "as-tarball",
        "--forced-compression=GZIP",
        "export",
        `--path=${image}`,
      ],
      { cwd: repository, env, seconds: 300 },
    )
    expect(code, stderr).toBe(0)
    const layers = join(folder, "layers")
    spawnSync("mkdir", ["-p", layers])
    expect(spawnSync("tar", ["-xf", image, "-C", layers]).status).toBe(0)
    const blobs = filesIn(layers)
    expect(blobs.length).toBeGreaterThan(3)
    let unpacked = 0
    for (const file of blobs) {
      const bytes = readFileSync(join(layers, file))
      const packed = bytes[0] === 0x1f && bytes[1] === 0x8b
      if (packed) unpacked++
      expect(foundIn(packed ? gunzipSync(bytes) : bytes), file).toEqual([])
    }
    expect(unpacked).toBeGreaterThan(1)
  })

  it("are not in what a server that cannot be reached is told of", async () => {
    const reports = join(folder, "sonar")
    const { stdout, stderr } = await dagger(
      [
        "--progress=plain",
        "-m",
        "modules/sonarqube",
        "call",
        "analyze",
        "--source=test/fixtures/sonar",
        "--project-key=shop",
        "--host-url=http://127.0.0.1:9",
        "--token=env://SONAR",
        "--wait=2",
        "reports",
        "export",
        `--path=${reports}`,
      ],
      { cwd: repository, env, seconds: 300 },
    )
    expect(readFileSync(join(reports, "output.txt"), "utf8")).toContain("cannot be reached")
    for (const text of [
      Buffer.from(stdout + stderr),
      ...filesIn(reports).map((file) => readFileSync(join(reports, file))),
    ])
      expect(foundIn(text)).toEqual([])
  })
})
