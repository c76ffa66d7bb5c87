// What holds for every step of a module: successes come from the cache, failures do not, and a hang ends as a named time-out.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { dagger } from "../sdk/dagger"
import { repository } from "../pipeline/shop"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "step-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(files: Record<string, string>): void {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), content)
  }
}

async function call(module: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", `modules/${module}`, "call", ...args], { cwd: repository, seconds: 300 })
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

const goModule = (test: string): Record<string, string> => ({
  "go.mod": "module example.com/step\n\ngo 1.25\n",
  "step.go": "package step\n\n// Name is its name.\nconst Name = \"step\"\n",
  "step_test.go": `package step\n\nimport (\n\t"os"\n\t"testing"\n\t"time"\n)\n\nvar _, _ = os.Stat, time.Second\n\nfunc TestStep(t *testing.T) {\n${test}\n}\n`,
})

it("a failure is run again without a change, a success is not", async () => {
  // The build cache is a volume, so a file in it tells the second run that there was a first one.
  const mark = `/root/.cache/go-build/step-test-${Date.now()}`
  write(goModule(`\tif _, err := os.Stat("${mark}"); err != nil {\n\t\tos.WriteFile("${mark}", nil, 0o600)\n\t\tt.Fatal("the first run")\n\t}`))
  expect(await call("golang", "test", `--source=${folder}`, "reason")).toMatch(/TestStep: step_test\.go:14: the first run/)
  expect(await call("golang", "test", `--source=${folder}`, "reason")).toBe("1 tests")
  expect(await call("golang", "test", `--source=${folder}`, "reason")).toBe("1 tests")
})

it("a result is the same from another folder with the same content, after the first one is gone", async () => {
  write(goModule(`\tt.Log("${Date.now()}")`))
  expect(await call("golang", "test", `--source=${folder}`, "cached")).toBe("false")
  const other = `${folder}-moved`
  renameSync(folder, other)
  folder = other
  expect(await call("golang", "test", `--source=${folder}`, "cached")).toBe("true")
  expect(await call("golang", "test", `--source=${folder}`, "reports", "entries")).toContain("junit.xml")
})

it("a hang ends at the time-out, and names the test", async () => {
  write(goModule("\ttime.Sleep(time.Hour)"))
  expect(await call("golang", "test", `--source=${folder}`, "--timeout=8", "reason")).toMatch(/TestStep timed out after/)
})

it("the verdict of a failed step is an exit code", async () => {
  write(goModule(`\tt.Fatal("wrong on purpose")`))
  const { code, stderr } = await dagger(["--silent", "-m", "modules/golang", "call", "test", `--source=${folder}`, "verdict"], { cwd: repository })
  expect(code).not.toBe(0)
  expect(stderr).toContain("wrong on purpose")
})

it("fmt gives the changes that gofmt makes", async () => {
  write({ ...goModule(""), "ugly.go": "package step\n\nvar   Ugly   =   1\n" })
  expect(await call("golang", "fmt", `--source=${folder}`, "modified-paths")).toBe("ugly.go")
  expect(await call("golang", "fmt", `--source=${folder}`, "layer", "file", "--path=ugly.go", "contents")).toBe("package step\n\nvar Ugly = 1")
})

it("a module that takes another one from outside of the source is told how to be called", async () => {
  write({ ...goModule(""), "go.mod": "module example.com/step\n\ngo 1.25\n\nreplace example.com/kit => ../kit\n" })
  const { code, stderr } = await dagger(["--silent", "-m", "modules/golang", "call", "test", `--source=${folder}`, "reason"], { cwd: repository })
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/go\.mod replaces a module by \.\.\/kit, which is not in the source/)
})
