// What linters of the whole repository say of fixtures with faults: findings as SARIF and as a reason, and refusals.
// inputs: modules/yamllint modules/helm modules/terraform modules/golangci-lint test/fixtures/lint test/fixtures/terraform
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

/** Calls a module, which has to succeed; what it printed. */
async function call(module: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", `modules/${module}`, "call", ...args], {
    cwd: repository,
    seconds: 580,
  })
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

/** Calls a module, which has to fail; what it said. */
async function failing(module: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", `modules/${module}`, "call", ...args], {
    cwd: repository,
    seconds: 580,
  })
  expect(code, stdout).not.toBe(0)
  return stderr
}

const fixtures = "test/fixtures/lint"

describe("yamllint", () => {
  it("finds a key that stands twice, and what cannot be read", async () => {
    expect(await failing("yamllint", "lint", `--source=${fixtures}/yaml/bad`, "verdict")).toContain(
      'yaml failed: menu.yaml:4 duplication of key "price" in mapping (key-duplicates), and 1 more',
    )
    expect(
      await call(
        "yamllint",
        "lint",
        `--source=${fixtures}/yaml/bad`,
        "reports",
        "file",
        "--path=yamllint.txt",
        "contents",
      ),
    ).toMatch(/recipe\.yml:\d+:\d+: \[error\] syntax error/)
  })
  it("goes by the source's own rules where it has some", async () =>
    expect(await call("yamllint", "lint", `--source=${fixtures}/yaml/own`, "verdict")).toBe(
      "no error in 3 files, 1 warnings, by .yamllint.yml",
    ))
  it("names a file that is not UTF-8, and goes on with the others", async () => {
    const folder = mkdtempSync(join(tmpdir(), "latin1-"))
    try {
      writeFileSync(join(folder, "config.yaml"), Buffer.from("kitchen: ground\nfloor: Erdgescho\xdf\n", "latin1"))
      writeFileSync(join(folder, "service.yaml"), "replicas: 2\nreplicas: 3\n")
      expect(await failing("yamllint", "lint", `--source=${folder}`, "verdict")).toContain(
        "yaml failed: config.yaml:2 cannot be read: not UTF-8 (encoding), and 1 more",
      )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
  it("is not green where there is nothing to look at", async () =>
    expect(await failing("yamllint", "lint", "--source=test/fixtures/terraform/plain", "verdict")).toContain(
      "yaml failed: no file was checked",
    ))
})

describe("helm lint", () => {
  it("finds what one environment's values break, with line and values", async () =>
    expect(
      await failing(
        "helm",
        "lint",
        `--source=${fixtures}/charts`,
        "--charts=good,wrong,wrong=wrong/values-prod.yaml",
        "verdict",
      ),
    ).toContain(
      "charts failed: wrong/templates/config.yaml:6 at <index .Values.prices 0>: error calling index: " +
        "reflect: slice index out of range (with wrong/values-prod.yaml)",
    ))
  it("finds a template that cannot be read, and goes on with the others", async () =>
    expect(await failing("helm", "lint", `--source=${fixtures}/charts`, "--charts=broken,good", "verdict")).toContain(
      'charts failed: broken/templates/config.yaml:6 parse error: unexpected "}" in operand',
    ))
  it("says which chart it has checked without its dependencies", async () =>
    expect(await call("helm", "lint", `--source=${fixtures}/charts`, "--charts=good,alone", "verdict")).toBe(
      "no finding in 2 charts; alone without the dependencies, which are not in the source and cannot be fetched: " +
        "commit them in charts/ to lint with them",
    ))
  it("builds dependencies that are in the source, also those of a dependency", async () =>
    expect(await call("helm", "lint", `--source=${fixtures}/charts`, "--charts=local,library", "verdict")).toBe(
      "no finding in 2 charts",
    ))
  it("wants charts that are there", async () =>
    expect(await failing("helm", "lint", `--source=${fixtures}/charts`, "--charts=nowhere", "verdict")).toContain(
      "there is no nowhere/Chart.yaml in the source",
    ))
})

describe("terraform fmt", () => {
  it("finds what is not formatted, also where there is no Terraform, and says by what", async () =>
    expect(
      await failing("terraform", "lint", "--source=test/fixtures/terraform", "--image=example/none:1.0", "verdict"),
    ).toContain("terraform:lint failed: faults/main.tf:3 is not formatted (by hclfmt: there is no Terraform here)"))
  it("formats", async () =>
    expect(await call("terraform", "fix", "--source=test/fixtures/terraform", "modified-paths")).toBe("faults/main.tf"))
  it("is not green where there is nothing to look at", async () =>
    expect(await failing("terraform", "lint", `--source=${fixtures}/yaml`, "verdict")).toContain(
      "there is no *.tf, *.tofu, *.tf.json, *.tofu.json in it",
    ))
})

describe("golangci-lint", () => {
  it("finds what errcheck alone finds, and is green without it", async () => {
    expect(await failing("golangci-lint", "lint", `--source=${fixtures}/go/faulty`, "verdict")).toContain(
      "lint failed: main.go:7 Error return value of `os.Remove` is not checked (errcheck)",
    )
    expect(await call("golangci-lint", "lint", `--source=${fixtures}/go/clean`, "verdict")).toMatch(
      /^no finding of \d+ linters in 1 modules$/,
    )
  })
  it("is red with a configuration that is wrong", async () =>
    expect(await failing("golangci-lint", "lint", `--source=${fixtures}/go/broken`, "verdict")).toContain(
      "unknown linters: 'nosuchlinter'",
    ))
  it("is skipped, not green, where its image is not available", async () =>
    expect(
      await failing("golangci-lint", "lint", `--source=${fixtures}/go/clean`, "--image=example/none:1.0", "verdict"),
    ).toContain("lint skipped: no golangci-lint: example/none:1.0 is not available"))
})
