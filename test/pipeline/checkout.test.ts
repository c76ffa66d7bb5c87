// What a checkout has besides sources changes no verdict: builds, editors' files, ignored files with faults, another repository.
// One repository with everything that git and file systems allow: links, submodules, blanks and letters of any language in names.
// inputs: ci modules dagger.json test/pipeline/shop.ts
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { ranIn, runPr, type Run } from "./shop"

const parent = mkdtempSync(join(tmpdir(), "files-"))
const [origin, lib, dirty, fresh] = ["origin", "lib", "dirty", "fresh"].map((name) => join(parent, name)) as [
  string,
  string,
  string,
  string,
]
const write = (root: string, file: string, text: string): void => {
  mkdirSync(join(root, dirname(file)), { recursive: true })
  writeFileSync(join(root, file), text)
}
const link = (root: string, target: string, path: string): void => {
  mkdirSync(join(root, dirname(path)), { recursive: true })
  symlinkSync(target, join(root, path))
}
const git = (cwd: string, ...args: string[]): void => {
  const settings = ["user.name=t", "user.email=t@example.com", "protocol.file.allow=always"]
  execFileSync("git", [...settings.flatMap((setting) => ["-c", setting]), ...args], { cwd, stdio: "pipe" })
}
const repository = (root: string): void => {
  mkdirSync(root, { recursive: true })
  git(root, "init", "--quiet", "--initial-branch=main")
}
const commit = (root: string): void => {
  git(root, "add", ".")
  git(root, "commit", "--quiet", "--message=more")
}

const service = "services/größe a b"
const faultyYaml = "a: 1\na: 2\n"

beforeAll(() => {
  repository(lib)
  write(lib, "go.mod", "module example.com/lib\n\ngo 1.25\n")
  write(lib, "lib.go", "// Package lib counts.\npackage lib\n\n// Two is two.\nfunc Two() int { return 2 }\n")
  commit(lib)

  repository(origin)
  write(origin, "delivery.yaml", `services:\n  api: { path: "${service}", kind: go }\n`)
  write(origin, ".gitignore", "dist/\ncoverage/\n.terraform/\n.idea/\n*.local.yaml\nlocal.tf\n.env\ntmp/\n")
  git(origin, "submodule", "--quiet", "add", lib, "libs/lib")
  write(
    origin,
    `${service}/go.mod`,
    "module example.com/api\n\ngo 1.25\n\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ../../libs/lib\n",
  )
  write(
    origin,
    `${service}/answers.go`,
    `// Package api answers, number ${Date.now()}.
package api

import (
	"embed"

	"example.com/api/internal/dist"
	"example.com/lib"
)

//go:embed answers
var answers embed.FS

// Answers is how many there are.
func Answers() int {
	entries, _ := answers.ReadDir("answers")
	return len(entries) * lib.Two() * dist.One
}
`,
  )
  write(origin, `${service}/answers/README.md`, "Yes.\n")
  write(origin, `${service}/answers/no.md`, "No.\n")
  write(origin, `${service}/README.md`, "What it answers.\n")
  write(
    origin,
    `${service}/answers_test.go`,
    `package api

import (
	"os"
	"testing"
)

func TestAnswers(t *testing.T) {
	if Answers() != 4 {
		t.Errorf("Answers() = %d, want 4", Answers())
	}
	if _, err := os.Stat("testdata/case.json"); err != nil {
		t.Error(err)
	}
}
`,
  )
  write(
    origin,
    `${service}/internal/dist/dist.go`,
    "// Package dist is source.\npackage dist\n\n// One is one.\nconst One = 1\n",
  )
  write(origin, `${service}/coverage/notes.txt`, "tracked, in an ignored folder\n")
  write(origin, "shared/testdata/case.json", "{}\n")
  link(origin, "../../shared/testdata", `${service}/testdata`)
  link(origin, "README.md", `${service}/LIESMICH.md`)
  link(origin, "nobody@nowhere:1", `${service}/.#README.md`)
  link(origin, "/etc/hosts", "docs/hosts")
  write(origin, "reports/numbers.yaml", "a: 1\n")
  write(origin, "deploy/日本 語.yaml", "a: 1\n")
  // A folder with a document and without a Go file: nothing in it embeds the document.
  write(origin, "deploy/chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\nicon: file://icon.svg\n")
  write(origin, "deploy/chart/values.yaml", "a: 1\n")
  write(origin, "deploy/chart/README.md", "What it deploys.\n")
  write(origin, "infra/main.tf", 'variable "a" {\n  type = string\n}\n')
  git(origin, "add", "--force", ".")
  commitAll(origin)
  for (const clone of [dirty, fresh]) git(parent, "clone", "--quiet", "--recurse-submodules", origin, clone)

  write(dirty, "tmp/broken.yaml", faultyYaml)
  write(dirty, "me.local.yaml", faultyYaml)
  write(dirty, "infra/local.tf", "variable   b {}\n")
  write(dirty, "infra/.terraform/modules/a/main.tf", "variable   b {}\n")
  write(dirty, ".env", `token = "${["gl", "pat", "-"].join("")}${"x9Zk3Qw7Lm2Np8Rt4Vy6"}"\n`)
  write(dirty, `${service}/dist/broken.go`, "package broken {\n")
  write(dirty, `${service}/coverage/index.yaml`, faultyYaml)
  write(dirty, ".idea/workspace.xml", "<a>")
  write(dirty, "node_modules/a/b.yaml", faultyYaml)
  write(dirty, "delivery-reports/index.yaml", faultyYaml)
  repository(join(dirty, "experiment"))
  write(dirty, "experiment/broken.yaml", faultyYaml)
  mkdirSync(join(dirty, "empty/below"), { recursive: true })
})
/** A commit of what is staged, also in ignored folders. */
const commitAll = (root: string): void => git(root, "commit", "--quiet", "--message=all")

const runs: Run[] = []
afterAll(() => {
  for (const run of runs) rmSync(run.reports, { recursive: true, force: true })
  rmSync(parent, { recursive: true, force: true })
})
async function pr(root: string, ...args: string[]): Promise<Run> {
  const run = await runPr(root, "--skip=dependencies", ...args)
  runs.push(run)
  return run
}
const verdicts = (run: Run) =>
  Object.fromEntries(
    Object.values(run.stages).map(({ name, status, reason, value }) => [name, { status, reason, value }]),
  )

it("a checkout with everything has the verdict of its fresh clone, stage by stage", async () => {
  const clean = await pr(fresh)
  expect(clean.table, clean.output.slice(-3000)).toMatch(/^GREEN/m)
  for (const stage of ["secrets", "api:test", "lint:yaml", "lint:helm", "lint:terraform", "sast:go"])
    expect(clean.stages[stage], clean.table).toMatchObject({ status: "passed" })
  expect(clean.stages["lint:yaml"]!.reason).toBe("no error in 5 files")
  const other = await pr(dirty)
  expect(verdicts(other)).toEqual(verdicts(clean))
  // The clone has the same sources: nothing of it is checked again but secrets, which reads the history of each.
  expect(ranIn(other).filter((name) => name !== "secrets")).toEqual([])
})

it("an edit of what is no source runs nothing again", async () => {
  write(dirty, `${service}/dist/broken.go`, "package broken { again\n")
  write(dirty, "delivery-reports/index.yaml", "b: 1\n")
  write(dirty, `${service}/README.md`, "What it answers, and why.\n")
  expect(ranIn(await pr(dirty, "--skip=secrets"))).toEqual([])
})

it("an edit of Markdown that is embedded runs the service again", async () => {
  rmSync(join(dirty, service, "answers/README.md"))
  const run = await pr(dirty, "--only=api:test")
  expect(run.stages["api:test"]).toMatchObject({
    status: "failed",
    reason: expect.stringContaining("Answers() = 2, want 4"),
  })
})

it("what cannot be checked is refused before anything runs, with what to do", async () => {
  git(fresh, "submodule", "--quiet", "deinit", "--all", "--force")
  link(fresh, "/etc/hosts", `${service}/hosts`)
  write(fresh, "delivery.yaml", `services:\n  api: { path: "${service}", kind: go, inputs: [libs/lib] }\n`)
  const { output, stages } = await pr(fresh)
  expect(stages).toEqual({})
  expect(output).toContain(
    `services.api.path: ${service}/hosts is a symbolic link to /etc/hosts, outside of the repository; put the file itself there`,
  )
  expect(output).toContain(
    "services.api.inputs: the submodule libs/lib is not checked out; run `git submodule update --init --recursive`",
  )
})
