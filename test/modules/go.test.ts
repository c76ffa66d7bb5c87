// Go modules as other repositories have them: a workspace, a vendor folder, C, no test, a container that tests reach.
// inputs: modules/golang modules/cyclonedx modules/gosec
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "go-"))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(files: Record<string, string>): void {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), content)
  }
}

async function call(module: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", `modules/${module}`, "call", ...args], {
    cwd: repository,
    seconds: 300,
  })
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

const check = (path: string): Promise<string> =>
  call("golang", "check", `--source=${folder}`, `--path=${path}`, "summary")
const test = (name: string, body: string, more = ""): string =>
  `package ${name}\n\nimport (${more}\n\t"testing"\n)\n\nfunc TestIt(t *testing.T) {\n${body}\n}\n`
const module = (name: string, more = ""): string => `module example.com/dock/${name}\n\ngo 1.25\n${more}`

it("a module finds another one by go.work alone, and one that go.work does not use works alone", async () => {
  write({
    "go.work": "go 1.25\n\nuse (\n\t./crane\n\t./lib/hoist\n)\n",
    "lib/hoist/go.mod": module("hoist"),
    "lib/hoist/hoist.go": "// Package hoist lifts.\npackage hoist\n\n// Tons that it lifts.\nconst Tons = 3\n",
    "crane/go.mod": module("crane", "\nrequire example.com/dock/hoist v0.0.0\n"),
    "crane/main.go":
      '// Command crane lifts.\npackage main\n\nimport "example.com/dock/hoist"\n\nfunc main() { println(hoist.Tons) }\n',
    "crane/main_test.go": test("main", "\tmain()"),
    "tools/go.mod": module("tools"),
    "tools/tools.go": "// Package tools has none.\npackage tools\n",
  })
  expect(await check("crane")).toMatch(
    /passed crane:lint .* found nothing\npassed crane:test .* 1 tests\npassed crane:build .* built crane$/,
  )
  expect(await check("tools")).toMatch(/notApplicable tools:test .* tools has no test yet\npassed tools:build/)
  expect(await call("gosec", "scan", `--source=${folder}`, "--paths=crane,lib/hoist", "verdict")).toBe(
    "no finding in 2 files",
  )
  expect(await call("cyclonedx", "sbom", `--source=${folder}`, "--paths=crane,lib/hoist", "reason")).toBe(
    "0 dependencies of 0 licences",
  )
})

it("vendored modules are used, listed and not fetched", async () => {
  write({
    "go.mod": module("quay", "\nrequire example.com/nowhere/rope v1.4.0\n"),
    "quay.go": '// Package quay has ropes.\npackage quay\n\nimport _ "example.com/nowhere/rope"\n',
    "vendor/modules.txt": "# example.com/nowhere/rope v1.4.0\n## explicit; go 1.16\nexample.com/nowhere/rope\n",
    "vendor/example.com/nowhere/rope/rope.go": "package   rope\n",
  })
  expect(await check(".")).toMatch(/^passed go:lint .*\nnotApplicable go:test .*\npassed go:build/)
  const licences = await call(
    "cyclonedx",
    "sbom",
    `--source=${folder}`,
    "reports",
    "file",
    "--path=licences.txt",
    "contents",
  )
  expect(licences).toMatch(/example\.com\/nowhere\/rope\S* ?v1\.4\.0/)
})

it("C is compiled where a package needs it, and the build says so", async () => {
  write({
    "go.mod": module("winch"),
    "main.go":
      '// Command winch turns.\npackage main\n\n// static int turns(void) { return 4; }\nimport "C"\n\nfunc main() { println(C.turns()) }\n',
    "main_test.go": test("main", "\tmain()"),
  })
  expect(await check(".")).toMatch(
    /passed go:test .* 1 tests\npassed go:build .* built winch, with C in example.com\/dock\/winch$/,
  )
})

it("tests reach a container of any image, and one that does not start fails them with its last words", async () => {
  const dial = '\tc, err := net.Dial("tcp", "store:6379")\n\tif err != nil {\n\t\tt.Fatal(err)\n\t}\n\t_ = c.Close()'
  write({ "go.mod": module("net"), "net_test.go": test("net", dial, '\n\t"net"') })
  const store = ["with-container", "--name=store", "--image=redis:7.0-bookworm", "--port=6379"]
  const run = (...args: string[]) => call("golang", ...store, ...args, "test", `--source=${folder}`, "reason")
  expect(await run("--args=redis-server,--protected-mode,no")).toBe("1 tests")
  const { code, stderr } = await dagger(
    [
      "--silent",
      "-m",
      "modules/golang",
      "call",
      ...store,
      "--args=ls,/nowhere",
      "test",
      `--source=${folder}`,
      "reason",
    ],
    { cwd: repository, seconds: 300 },
  )
  expect(code).not.toBe(0)
  expect(stderr).toMatch(
    /store \(redis:7\.0-bookworm\) did not start: ended with exit code 2 before it listened on port 6379/,
  )
  expect(stderr).toContain("/nowhere")
})
