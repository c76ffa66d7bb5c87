// CircleCI's wrapper: it parses, every job is one call of a pipeline that exists, and branches, approvals and queues are as the design has them.
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { optionsOf } from "../../engine/src/call-options"
import { parse } from "yaml"

const repository = join(import.meta.dirname, "../..")
const text = readFileSync(join(repository, ".circleci/config.yml"), "utf8")
const config = parse(text, { merge: true }) as Config

interface Use {
  type?: string
  name?: string
  environment?: string
  context?: string
  requires?: string[]
  "serial-group"?: string
  filters?: { branches?: { only?: string; ignore?: string } }
}
interface Step {
  checkout?: { method: string }
  run?: { command: string }
  pipeline?: { call: string }
  store_test_results?: { path: string }
  store_artifacts?: { path: string }
}
interface Config {
  version: number
  parameters: Record<string, { type: string; enum: string[]; default: string }>
  executors: Record<string, { machine: { image: string } }>
  commands: Record<string, { steps: (Step | string)[] }>
  jobs: Record<string, { executor: string; steps: (Step | string)[]; parameters?: Record<string, { enum: string[] }> }>
  workflows: Record<string, { when: { equal: string[] }; jobs: (string | Record<string, Use>)[] }>
}

/** The jobs of a workflow as [job, how it is used]. */
const uses = (workflow: string): [string, Use][] =>
  config.workflows[workflow]!.jobs.map((job) => (typeof job === "string" ? [job, {}] : Object.entries(job)[0]!))
const all = Object.keys(config.workflows).flatMap((workflow) =>
  uses(workflow).map(([job, use]) => ({ workflow, job, use })),
)
const named = (job: string, use: Use): string => use.name ?? job

/** What a job calls, with its parameters filled in: the pipeline's name and flags. */
function callsOf(job: string): string[][] {
  const { steps, parameters } = config.jobs[job]!
  const calls = steps.flatMap((step) => (typeof step === "object" && step.pipeline ? [step.pipeline.call] : []))
  return calls.flatMap((call) =>
    (parameters?.environment?.enum ?? [""]).map((environment) =>
      call.replaceAll("<< parameters.environment >>", environment).split(/\s+/),
    ),
  )
}

describe("the workflows", () => {
  // The design's table: what a branch's pipeline is. Approval jobs stand in brackets.
  it.each([
    ["feature", "/^feature\\/.*/", ["pr"]],
    ["develop", "develop", ["publish", "dev"]],
    ["release", "/^release\\/.*/", ["pr", "publish", "stage"]],
    ["hotfix", "/^hotfix\\/.*/", ["pr", "publish", "stage"]],
    ["master", "master", ["(approve)", "prod"]],
  ])("%s runs on %s alone, one step after the other", (workflow, branch, steps) => {
    expect(uses(workflow).map(([job, use]) => (use.type === "approval" ? `(${job})` : named(job, use)))).toEqual(steps)
    expect(new Set(uses(workflow).map(([, use]) => JSON.stringify(use.filters)))).toEqual(
      new Set([JSON.stringify({ branches: { only: branch } })]),
    )
    expect(uses(workflow).map(([, use]) => use.requires ?? [])).toEqual(
      uses(workflow).map((_, i) => (i === 0 ? [] : [named(...uses(workflow)[i - 1]!)])),
    )
    expect(config.workflows[workflow]!.when.equal).toEqual(["branch", "<< pipeline.parameters.run >>"])
  })
  it("are these, and those that a person starts", () => {
    expect(Object.keys(config.workflows).sort()).toEqual([
      "develop",
      "feature",
      "hotfix",
      "master",
      "rehearse",
      "release",
      "rollback",
    ])
    expect(config.parameters.run).toEqual(
      expect.objectContaining({ type: "enum", enum: ["branch", "rollback", "rehearse"], default: "branch" }),
    )
    for (const name of ["rollback", "rehearse"]) expect(config.workflows[name]!.when.equal[0]).toBe(name)
  })
  it.each([
    ["feature/menu", ["feature"]],
    ["develop", ["develop"]],
    ["release/1.4", ["release"]],
    ["hotfix/1.4.1", ["hotfix"]],
    ["master", ["master"]],
    ["my-feature/x", []],
    ["developer", []],
    ["master-copy", []],
  ])("of a push to %s are %j", (branch, workflows) => {
    // CircleCI matches a /pattern/ against the whole name.
    const matches = (only: string): boolean =>
      only.startsWith("/") ? new RegExp(`^(?:${only.slice(1, -1)})$`).test(branch) : only === branch
    const found = Object.keys(config.workflows).filter((workflow) =>
      uses(workflow).some(([, use]) => use.filters?.branches?.only && matches(use.filters.branches.only)),
    )
    expect(found).toEqual(workflows)
  })
  it("name jobs that are there", () => {
    for (const { job, use } of all) expect(use.type === "approval" || job in config.jobs, job).toBe(true)
  })
  it("let prod wait for a person", () => {
    const prods = all.filter(({ use }) => use.environment === "prod")
    expect(prods.length).toBe(1)
    for (const { workflow, use } of prods)
      expect(
        use.requires!.every((name) => uses(workflow).some(([job, { type }]) => job === name && type === "approval")),
      ).toBe(true)
  })
  it("let what changes an environment wait for what is changing it, and a rollback too", () => {
    for (const { use } of all.filter(({ job }) => job === "deploy"))
      expect(use["serial-group"]).toBe(`<< pipeline.project.slug >>/${use.environment}`)
    expect(uses("rollback")[0]![1]["serial-group"]).toBe(
      "<< pipeline.project.slug >>/<< pipeline.parameters.environment >>",
    )
    expect(all.filter(({ use }) => use["serial-group"]).map(({ job }) => job)).toEqual([
      "deploy",
      "deploy",
      "deploy",
      "deploy",
      "rollback",
    ])
  })
  it("give each job the secrets of its own environment, and checks none", () => {
    for (const { job, use } of all.filter(({ use }) => use.type !== "approval")) {
      expect(use.context, job).toBe(
        {
          pr: undefined,
          rehearse: undefined,
          "pr-recorded": "delivery-publish",
          publish: "delivery-publish",
          deploy: `delivery-${use.environment}`,
          rollback: "delivery-<< pipeline.parameters.environment >>",
        }[job],
      )
    }
  })
  it("say that a deployment is never cancelled for a newer commit", () =>
    expect(text).toMatch(/"Auto-cancel redundant workflows" is OFF/))
})

describe("the jobs", () => {
  it.each(Object.keys(config.jobs))("%s is one call of a pipeline, on a pinned machine", (job) => {
    const { executor, steps } = config.jobs[job]!
    expect(config.executors[executor]!.machine.image).toMatch(/^ubuntu-\d{4}:\d{4}\.\d{2}\.\d+$/)
    expect(steps.filter((step) => typeof step === "object" && step.pipeline).length).toBe(1)
    expect(steps.filter((step) => step !== "take-role" && !(typeof step === "object" && step.pipeline))).toEqual([])
  })
  it("store the reports whatever the verdict", () => {
    const steps = config.commands.pipeline!.steps as Step[]
    expect(steps.some((step) => step.store_test_results?.path === "delivery-reports")).toBe(true)
    expect(steps.some((step) => step.store_artifacts?.path === "delivery-reports")).toBe(true)
    expect(steps.find((step) => step.checkout)!.checkout!.method).toBe("full")
    expect(steps.flatMap(({ run }) => run?.command ?? [])).toEqual(["npm run pipeline -- << parameters.call >>"])
  })
  it("hold no secret, and give each by its place in the environment", () => {
    for (const flags of Object.keys(config.jobs).flatMap(callsOf)) {
      for (const [i, flag] of flags.entries())
        if (/key|password|token|user|webhook|secret/.test(flag) && flag.startsWith("--"))
          expect(flags[i + 1]).toMatch(/^(?:\w+=)?env:\/\/[A-Z_]+$/)
    }
    expect(text).not.toMatch(/AKIA[0-9A-Z]{16}|hooks\.slack\.com|arn:aws:iam::\d/)
  })
  it("call functions of ci with arguments that they have", () => {
    for (const [name, ...rest] of Object.keys(config.jobs).flatMap(callsOf))
      for (const flag of rest.filter((word) => word.startsWith("--")))
        expect(optionsOf(name!), `${name} ${flag}`).toContain(flag)
  })
})

describe("what CircleCI compiles", () => {
  it("begins a parameter with every <<, so none stands elsewhere", () =>
    expect(text.replace(/<< [a-z.-]+ >>/gi, "")).not.toContain("<<"))

  it("takes the role's keys out of the answer of AWS, as the shell of a job runs it", () => {
    const steps = config.commands["take-role"]!.steps as { run: { command: string } }[]
    const folder = mkdtempSync(join(tmpdir(), "take-role-"))
    writeFileSync(join(folder, "aws"), "#!/bin/sh\nprintf 'AKIA1\\tse/cr+et\\ttok=en==\\n'\n", { mode: 0o755 })
    const env = { PATH: `${folder}:${process.env.PATH}`, BASH_ENV: "", EXPORTS: join(folder, "env") }
    const command = steps[0]!.run.command.replaceAll("$BASH_ENV", "$EXPORTS")
    execFileSync("bash", ["-eo", "pipefail", "-c", command], { env, stdio: "pipe" })
    expect(readFileSync(env.EXPORTS, "utf8").split("\n")).toEqual([
      "export AWS_ACCESS_KEY_ID=AKIA1",
      "export AWS_SECRET_ACCESS_KEY=se/cr+et",
      "export AWS_SESSION_TOKEN=tok=en==",
      "",
    ])
  })
})
