// The Terraform module on real configurations: faults fail with the right first line, ours is applied to an emulator of AWS, and
// the lock of a killed run is removed.
// inputs: modules/terraform terraform test/fixtures/terraform test/fixtures/aws delivery.yaml ci/src/config
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { repositoriesOf } from "../../ci/src/config/repositories"
import { repository } from "../pipeline/shop"
import { parts } from "../lib/parts"
import { dagger } from "../sdk/dagger"

// Terraform is in no package registry. Variables name it, or it is found at a usual place; tests that need it are skipped elsewhere.
const usual = (variable: string, places: string[]): string =>
  process.env[variable] ?? places.find((place) => existsSync(place)) ?? ""
const binary = usual("TERRAFORM_BINARY", ["/usr/local/bin/terraform", "/usr/bin/terraform"])
const plugins = usual("TERRAFORM_PLUGINS", ["/opt/tf-plugins", "/usr/local/share/terraform/plugins"])
const missing = [!binary && "no terraform (TERRAFORM_BINARY)", !plugins && "no folder of providers (TERRAFORM_PLUGINS)"]
  .filter((one) => one !== false)
  .join(", ")
const given = [`--binary=${binary}`, `--plugins=${plugins}`]

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "terraform-"))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Calls a module, which has to succeed; what it printed. */
async function call(module: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", module, "call", ...args], {
    cwd: repository,
    seconds: 580,
  })
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

/** Calls a module, which has to fail; what it said. */
async function failing(module: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["--silent", "-m", module, "call", ...args], {
    cwd: repository,
    seconds: 580,
  })
  expect(code, stdout).not.toBe(0)
  return stderr
}

const module = "modules/terraform"
const faults = "test/fixtures/terraform"

describe("without Terraform", () => {
  it("checkov finds what is seeded, and the reports are complete", async () => {
    const said = await failing(module, "scan", `--source=${faults}/faults`, "verdict")
    expect(said).toContain(
      "terraform:scan failed: main.tf:6: aws_ecr_repository.shop: " +
        "Ensure that ECR repositories are encrypted using KMS (CKV_AWS_136) (and 2 more failed checks)",
    )
    await call(module, "scan", `--source=${faults}/faults`, "reports", "export", `--path=${folder}/security`)
    const read = (file: string): string => readFileSync(join(folder, "security", file), "utf8")
    expect(JSON.parse(read("checkov.sarif")).runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual(
      expect.arrayContaining(["CKV_AWS_51", "CKV_AWS_136"]),
    )
    expect(read("junit.xml")).toContain("CKV_AWS_51")
    expect(JSON.parse(read("result.json"))).toMatchObject({
      status: "failed",
      value: 3,
      limit: 0,
      unit: "failed checks",
    })
  })
  it("a source with nothing to check is no clean one", async () =>
    expect(await failing(module, "scan", `--source=${faults}/plain`, "verdict")).toContain("nothing was checked"))
  it("ours is clean", async () =>
    expect(await call(module, "scan", "--source=terraform", "verdict")).toMatch(
      /^\d\d+ checks passed, 0 failed, 0 skipped with a reason$/,
    ))
  it("what needs it is skipped with the reason, and is not green", async () => {
    const said = await failing(
      module,
      "check",
      `--source=${faults}/plain`,
      "--steps=lint,validate",
      "--image=example/none:1.0",
      "verdict",
    )
    expect(said).toMatch(
      /skipped terraform:lint 0 s no Terraform: example\/none:1\.0 cannot be had \(.*\), and no binary was given/,
    )
    expect(said).toContain("skipped terraform:validate")
  })
  it("bad arguments are named before anything runs", async () => {
    expect(await failing(module, "check", `--source=${faults}`, "--path=nowhere", "summary")).toContain(
      'path: there is no *.tf, *.tofu, *.tf.json, *.tofu.json in "nowhere" of the source',
    )
    expect(await failing(module, "check", `--source=${faults}/plain`, "--steps=fmt", "summary")).toContain(
      "steps: fmt; there are lint, validate, test, scan",
    )
    expect(await failing(module, "unlock", `--source=${faults}/plain`, "--lock-id=mine", "reason")).toContain(
      'lockId: "mine" is not the ID of a lock',
    )
  })
})

describe.skipIf(missing !== "")(missing === "" ? "with Terraform" : `with Terraform (skipped: ${missing})`, () => {
  it("each fault is red with the right first line", async () => {
    const said = await failing(
      module,
      "check",
      `--source=${faults}/faults`,
      "--steps=lint,validate",
      ...given,
      "verdict",
    )
    expect(said).toMatch(/failed terraform:lint [\d.]+ s main\.tf:3 is not formatted/)
    expect(said).toMatch(/failed terraform:validate [\d.]+ s terraform init: Provider dependency changes detected/)
    expect(
      await failing(module, "check", `--source=${faults}`, "--path=invalid", "--steps=validate", ...given, "verdict"),
    ).toMatch(
      /failed terraform:validate [\d.]+ s invalid\/main\.tf:2: Reference to undeclared input variable: An input variable with the name "nope"/,
    )
    expect(
      await failing(module, "check", `--source=${faults}/wrong`, "--steps=lint,validate,test", ...given, "verdict"),
    ).toMatch(
      /passed terraform:lint [^]*passed terraform:validate [^]*failed terraform:test [\d.]+ s tests\/dish\.tftest\.hcl: another_dish: the dish has to be salad/,
    )
    expect(await failing(module, "check", `--source=${faults}/plain`, "--steps=test", ...given, "verdict")).toContain(
      "tests/*.tftest.hcl: no test ran",
    )
  })
  it.each([
    ["stack", "11 tests"],
    ["shared", "6 tests"],
  ])("our root %s is formatted, valid and tested", async (path, tests) => {
    await call(
      module,
      "check",
      "--source=terraform",
      `--path=${path}`,
      "--steps=lint,validate,test",
      ...given,
      "reports",
      "export",
      `--path=${folder}/${path}`,
    )
    const results = JSON.parse(readFileSync(join(folder, path, "results.json"), "utf8")) as {
      status: string
      reason: string
    }[]
    expect(results.map(({ status, reason }) => `${status} ${reason}`)).toEqual([
      "passed all files are formatted",
      "passed the configuration is valid",
      `passed ${tests}`,
    ])
    expect(readFileSync(join(folder, path, "test/junit.xml"), "utf8")).toContain("<testcase")
  })

  const aws = "test/fixtures/aws"
  it("the registry is applied against an emulator of AWS, and a second plan changes nothing", async () => {
    const told = JSON.parse(
      await call(
        aws,
        "applied",
        "--source=terraform",
        "--path=shared",
        "--var-file=shared.tfvars",
        "--backend-file=shared.s3.tfbackend",
        ...given,
        "--changed=",
        `--parts=${parts()}`,
      ),
    ) as Told
    expect(told.first, told.output).toMatchObject({
      status: "passed",
      reason: "19 to add, 0 to change, 0 to destroy",
      value: 19,
    })
    expect(Object.keys(told.outputs.repository_urls as object)).toEqual(
      // What publishing pushes to, not a list of this test's own.
      repositoriesOf(parseConfig(readFileSync(join(repository, "delivery.yaml"), "utf8")).services, "restaurant")
        .map((name) => `delivery/${name}`)
        .sort(),
    )
    expect(told.second).toMatchObject({ status: "passed", reason: "No changes", value: 0 })
    expect(told.resources).toEqual([])
    expect(told.files).toEqual(["changes.json", "output.txt", "plan.jsonl", "plan.txt", "result.json"])
  })
  it("an environment is applied too; values that would replace the network are refused", async () => {
    const told = JSON.parse(
      await call(
        aws,
        "applied",
        "--source=terraform",
        "--path=stack",
        "--var-file=env/dev.tfvars",
        "--backend-file=env/dev.s3.tfbackend",
        ...given,
        "--changed=cidr=10.99.0.0/16",
        `--parts=${parts()}`,
      ),
    ) as Told
    expect(told.first, told.output).toMatchObject({ status: "passed", reason: "47 to add, 0 to change, 0 to destroy" })
    expect(told.outputs.cluster_name).toBe("delivery-dev")
    // The emulator forgets a node group's launch template and most of a flow log; all else is as it was applied.
    expect(told.resources.map(({ address }) => address).sort()).toEqual([
      "module.cluster.aws_eks_node_group.this",
      "module.network.aws_flow_log.this",
    ])
    expect(told.refused!.exitCode).toBe(3)
    expect(told.refused!.reason).toMatch(/^not applied: the plan destroys \d+ resources, and 0 are allowed$/)
  })
  it("a lock that a killed run has left names its holder; only its own ID unlocks; a time-out leaves none", async () => {
    const { found, lock, wrong, right, slow, after, last } = JSON.parse(
      await call(aws, "locked", `--source=${faults}/slow`, ...given, `--parts=${parts()}`),
    ) as Record<string, Seen & { id: string; who: string }>
    expect(found).toMatchObject({ status: "failed" })
    expect(found!.reason).toMatch(
      /^the state is locked by root@\S+ \(apply\) for \d+ (s|min), since 20\S+Z: wait for that run; only when it is certainly gone, call unlock --lock-id=[0-9a-f-]{36}$/,
    )
    expect(found!.reason).toContain(lock!.id)
    expect(wrong).toMatchObject({ status: "failed" })
    expect(wrong!.reason).toMatch(
      /^Failed to unlock state: lock ID '00000000-0000-4000-8000-000000000000' does not match/,
    )
    expect(right).toMatchObject({ status: "passed", reason: `the lock ${lock!.id} is gone` })
    expect(slow).toMatchObject({ status: "failed", exitCode: 124 })
    expect(after).toMatchObject({ status: "passed" })
    expect(last).toMatchObject({ status: "passed", reason: "No changes" })
  })
})

interface Seen {
  status: string
  reason: string
  exitCode: number
  value?: number
}
interface Told {
  first: Seen
  output?: string
  outputs: Record<string, unknown>
  second: Seen
  resources: { address: string; action: string }[]
  refused?: Seen
  files: string[]
}
