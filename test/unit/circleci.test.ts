// CircleCI's wrapper, read by an interpreter of CircleCI's rules: it compiles, each branch runs what the documents say, and each job's
// commands are run with stubs of what lies outside.
// inputs: .circleci test/lib/circleci engine ci modules delivery.yaml docs/pipelines.md package.json
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, realpathSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { fullPromote, type WrittenPromote } from "../../ci/src/config/promote"
import { callOf, optionsOf, pipelines } from "../../engine/src/call-options"
import { commandsOf, compile, ConfigError, ending, type Job, type Ref, type Status } from "../lib/circleci/compile"
import { buildUrl, notesOf, runJob, stub, type Ended } from "../lib/circleci/sandbox"

const repository = join(import.meta.dirname, "../..")
const text = readFileSync(join(repository, ".circleci/config.yml"), "utf8")

/** What each kind of branch runs: the workflow and its jobs, in their order. */
const branches: [name: string, ref: Ref, workflow: string, jobs: string[]][] = [
  ["feature/*", { branch: "feature/menu" }, "feature", ["pr"]],
  ["develop", { branch: "develop" }, "develop", ["pr", "publish", "dev", "dev-not-run"]],
  ["release/*", { branch: "release/1.4" }, "release", ["pr", "publish", "stage", "stage-not-run"]],
  ["hotfix/*", { branch: "hotfix/1.4.1" }, "hotfix", ["pr", "publish", "stage", "stage-not-run"]],
  ["master", { branch: "master" }, "master", ["approve", "prod", "prod-not-run"]],
]
const started: [run: string, environment: string][] = [
  ["rollback", "dev"],
  ["rollback", "stage"],
  ["rollback", "prod"],
  ["rehearse", "prod"],
]
const workflowOf = (ref: Ref, given = {}) => {
  const all = compile(text, ref, given)
  expect(all.length).toBe(1)
  return all[0]!
}
const everyJob: Job[] = [
  ...branches.flatMap(([, ref]) => workflowOf(ref).jobs),
  ...started.flatMap(([run, environment]) => workflowOf({ branch: "master" }, { run, environment }).jobs),
]
const builds = everyJob.filter(({ type }) => type === "build")
const isGate = ({ job }: Job): boolean => job === "not-deployed"

/** The pipeline and the options that a job calls. */
const callIn = (job: Job): string[] => {
  const calls = commandsOf(job).filter((command) => command.startsWith("npm run pipeline -- "))
  expect(calls.length, job.name).toBe(isGate(job) ? 0 : 1)
  return (calls[0] ?? "").split(/\s+/).slice(4)
}
const pipelinesIn = (jobs: Job[]): string[] =>
  jobs.flatMap((job) => (job.build && !isGate(job) ? [callIn(job)[0]!] : []))

describe("a push", () => {
  it.each(branches)("to %s runs its jobs, one after the other", (_, ref, workflow, names) => {
    const found = workflowOf(ref)
    expect(found.name).toBe(workflow)
    expect(found.jobs.map(({ name }) => name)).toEqual(names)
    const inTurn = found.jobs.filter((job) => !isGate(job))
    expect(inTurn.map(({ requires }) => requires)).toEqual(
      inTurn.map((_, i) => (i === 0 ? [] : [{ name: inTurn[i - 1]!.name, statuses: ["success"] }])),
    )
  })
  it.each(["my-feature/x", "developer", "master-copy", "releases/1", "topic"])("to %s runs nothing", (branch) =>
    expect(compile(text, { branch })).toEqual([]),
  )
  it.each(["v1.4.0", "release/1.4", "master"])("of the tag %s runs nothing", (tag) =>
    expect(compile(text, { tag })).toEqual([]),
  )
  it.each(started)("runs nothing of its branch when somebody starts %s of %s", (run, environment) => {
    for (const [, ref] of branches) expect(workflowOf(ref, { run, environment }).name).toBe(run)
  })
  it("runs the pipelines that the table in docs/pipelines.md has for its branch", () => {
    const section = readFileSync(join(repository, "docs/pipelines.md"), "utf8")
      .split("\n## Branches\n")[1]!
      .split("\n## ")[0]!
    const rows = [...section.matchAll(/^\| (.+?) \| (.+?) \|/gm)].slice(1)
    const documented = Object.fromEntries(
      rows.map(([, branch, steps]) => [
        /`([^`]+)`/.exec(branch!)![1],
        [...steps!.split(":")[0]!.matchAll(/`([^`]+)`/g)].map((one) => one[1]),
      ]),
    )
    expect(documented).toEqual(
      Object.fromEntries(branches.map(([name, ref]) => [name, pipelinesIn(workflowOf(ref).jobs)])),
    )
  })
})

describe("what a release needs", () => {
  it("is recorded for its tree: what promotion requires has run before, with the key of the records", () => {
    const before: Record<string, string[]> = { stage: [], prod: [] }
    for (const [, ref] of branches) {
      const jobs = workflowOf(ref).jobs.filter((job) => job.build && !isGate(job))
      const recorded = jobs.filter((job) => callIn(job).includes("--record-key")).map((job) => callIn(job)[0]!)
      if (recorded.includes("stage")) before.stage!.push(recorded.slice(0, recorded.indexOf("stage")).join())
      if (recorded.includes("prod")) before.prod!.push(recorded.slice(0, recorded.indexOf("prod")).join())
    }
    const environments = { dev: {}, stage: {}, prod: {} }
    const required = (name: "stage" | "prod") => fullPromote(name, {} as WrittenPromote, environments).requires
    expect([required("stage"), required("prod")]).toEqual([["pr"], ["pr", "stage"]])
    // A tree that reaches master was staged on release/* or hotfix/*, where pr was recorded for it.
    expect(before).toEqual({ stage: ["pr,publish", "pr,publish"], prod: [""] })
  })
  it("waits for a person before prod", () => {
    const { jobs } = workflowOf({ branch: "master" })
    expect(jobs.find(({ name }) => name === "prod")!.requires.map(({ name }) => name)).toEqual(["approve"])
    expect(jobs.find(({ name }) => name === "approve")!.type).toBe("approval")
    expect(everyJob.filter((job) => job.build && callIn(job)[0] === "prod").length).toBe(1)
  })
})

describe("an environment", () => {
  const deploying = everyJob.filter(({ serialGroup }) => serialGroup !== undefined)
  it("is changed by one job at a time, a rollback too", () => {
    expect(deploying.map(({ name, serialGroup }) => `${name} ${serialGroup}`)).toEqual([
      "dev gh/example/delivery/dev",
      "stage gh/example/delivery/stage",
      "stage gh/example/delivery/stage",
      "prod gh/example/delivery/prod",
      "rollback gh/example/delivery/dev",
      "rollback gh/example/delivery/stage",
      "rollback gh/example/delivery/prod",
    ])
    const changing = builds.filter((job) => ["dev", "stage", "prod", "rollback"].includes(callIn(job)[0] ?? ""))
    expect(changing.map(({ name }) => name)).toEqual(deploying.map(({ name }) => name))
  })
  it.each([
    ...branches.slice(1).map(([, ref]) => [ref.branch, "branch", "prod"] as const),
    ...started.slice(0, 3).map(([run, environment]) => ["master", run, environment] as const),
  ])("that a serial group has skipped is red: %s, %s of %s", (branch, run, environment) => {
    const workflow = workflowOf({ branch }, { run, environment })
    const { name } = workflow.jobs.find(({ serialGroup }) => serialGroup !== undefined)!
    const gate = workflow.jobs.find(isGate)!
    const gateEnds: Status = runJob(gate, { folder: mkdtempSync(join(tmpdir(), "gate-")), bin: "/none", contexts: {} })
      .passed
      ? "success"
      : "failed"
    expect(ending(workflow, { [name]: "not_run", [gate.name]: gateEnds }).verdict).toBe("red")
    // Where it was deployed, green or red, the verdict is its own.
    for (const end of ["success", "failed"] as const) {
      const { verdict, ran } = ending(workflow, { [name]: end, [gate.name]: gateEnds })
      expect([verdict, ran.includes(gate.name)]).toEqual([end === "success" ? "green" : "red", false])
    }
  })
  it("is reached from a machine of its own network, because no address of a machine of CircleCI is fixed", () => {
    for (const job of builds) {
      const { kind, image, resourceClass } = job.build!
      if (job.serialGroup)
        expect([kind, image, resourceClass], job.name).toEqual(["machine", undefined, "example/delivery"])
      else if (isGate(job)) expect([kind, resourceClass]).toEqual(["docker", "small"])
      else expect(image, job.name).toMatch(/^ubuntu-\d{4}:\d{4}\.\d{2}\.\d+$/)
    }
  })
  it("says that a deployment is never cancelled for a newer commit", () =>
    expect(text).toMatch(/"Auto-cancel redundant workflows" is OFF/))
})

describe("an old defect is refused", () => {
  const gateOf = (environment: string) => `requires: [{ ${environment}: not_run }]`
  it.each<[string, (config: string) => string, string]>([
    [
      "a here-string",
      (one) => one.replace(`< <(printf '%s\\n' "$keys")`, `<<< "$keys"`),
      "a parameter or an expression stands between << and >>",
    ],
    [
      "a here-document",
      (one) => one.replace("exit 1\n", "cat <<EOF\n            EOF\n"),
      "<< of the shell is written \\<<",
    ],
    [
      "a parameter that the job does not have",
      (one) => one.replace("<< parameters.call >>\n          command", "<< parameters.calls >>\n          command"),
      "parameters.calls is not declared; declared are parameters.call",
    ],
    [
      "a pipeline parameter that is gone",
      (one) =>
        one.replace(
          "  environment:\n    description: Where to roll back",
          "  target:\n    description: Where to roll back",
        ),
      "pipeline.parameters.environment is not declared",
    ],
    [
      "a job that is required and not there",
      (one) => one.replace("requires: [publish]", "requires: [build]"),
      '"build" is not allowed; jobs of this workflow: pr, publish, dev, dev-not-run',
    ],
    [
      "a job under its name elsewhere",
      (one) => one.replace("- pr-recorded:\n          name: pr", "- pr-recorded:"),
      '"pr" is not allowed; jobs of this workflow: pr-recorded',
    ],
    [
      "an environment that there is none of",
      (one) => one.replace("environment: dev", "environment: qa"),
      '"qa" is not allowed; one of dev, stage, prod',
    ],
    [
      "a deployment without its environment",
      (one) => one.replace("          environment: dev\n", ""),
      "environment: nothing is not allowed",
    ],
    [
      "a status that CircleCI does not have",
      (one) => one.replace(gateOf("stage"), "requires: [{ stage: skipped }]"),
      '"skipped" is not allowed; success, failed',
    ],
    [
      "an executor that is gone",
      (one) => one.replace("executor: runner", "executor: machine"),
      '"machine" is not allowed; executors are cloud, runner, small',
    ],
    [
      "a runner without its namespace",
      (one) => one.replace("example/delivery", "large"),
      "or the resource class of a runner",
    ],
    [
      "fixed addresses of a machine",
      (one) => one.replace("    executor: runner\n", "    executor: runner\n    circleci_ip_ranges: true\n"),
      "fixed addresses are for the docker executor",
    ],
    ["an option of no step", (one) => one.replace("no_output_timeout", "timeout"), '"timeout" is not allowed'],
    [
      "a command that is gone",
      (one) => one.replace("  take-role:\n    description", "  role:\n    description"),
      '"take-role" is not allowed; commands are pipeline, role',
    ],
    ["a serial group with a space", (one) => one.replace("slug >>/dev", "slug >> dev"), "1 to 512 letters, digits"],
  ])("%s", (_, break_, expected) => {
    const broken = break_(text)
    expect(broken).not.toBe(text)
    expect(() => compile(broken, { branch: "develop" })).toThrow(ConfigError)
    expect(() => compile(broken, { branch: "develop" })).toThrow(expected)
  })
})

describe("the commands", () => {
  it("parse in bash", () => {
    for (const command of new Set(builds.flatMap(commandsOf))) {
      const { status, stderr } = spawnSync("bash", ["-n", "-c", command], { encoding: "utf8" })
      expect([status, stderr]).toEqual([0, ""])
    }
  })
  it("call pipelines with options that these have", () => {
    for (const job of builds.filter((one) => !isGate(one))) {
      const [name, ...rest] = callIn(job)
      expect(Object.keys(pipelines), job.name).toContain(name)
      for (const word of rest.filter((one) => one.startsWith("--"))) expect(optionsOf(name!), job.name).toContain(word)
    }
  })
  it("hold no secret, and give each by its place in the environment", () => {
    for (const words of builds.map(callIn))
      for (const [i, word] of words.entries())
        if (/key|password|token|user|webhook|secret/.test(word) && word.startsWith("--"))
          expect(words[i + 1]).toMatch(/^(?:\w+=)?env:\/\/[A-Z_]+$/)
    expect(text).not.toMatch(/AKIA[0-9A-Z]{16}|hooks\.slack\.com|arn:aws:iam::\d/)
  })
  it("give an environment all its secrets", () => {
    const { environments } = parse(readFileSync(join(repository, "delivery.yaml"), "utf8")) as {
      environments: Record<string, { secrets?: Record<string, Record<string, string>> }>
    }
    for (const job of builds.filter((one) => one.job === "deploy")) {
      const wanted = Object.keys(Object.values(environments[job.name]!.secrets ?? {})[0] ?? {})
      const given = callIn(job).flatMap((word, i, all) => (all[i - 1] === "--secret" ? word.split("=")[0]! : []))
      expect(given, job.name).toEqual(wanted)
    }
  })
})

/** What each context holds, as the head of the file says. */
const role = {
  AWS_ROLE_ARN: "arn:aws:iam::000000000000:role/delivery",
  AWS_REGION: "eu-central-1",
  RECORD_KEY: "key",
  SLACK_WEBHOOK: "http://slack",
}
const ofEnvironment = { ...role, DB_USER: "user", DB_PASSWORD: "password" }
const contexts = {
  "delivery-publish": role,
  "delivery-dev": ofEnvironment,
  "delivery-stage": ofEnvironment,
  "delivery-prod": ofEnvironment,
}

/** AWS's answer for a role, if it is asked for one with a token. */
const aws = `[ "$1 $2" = "sts assume-role-with-web-identity" ] || exit 2
for word in "$@"; do [ -n "$word" ] || { echo "an empty argument" >&2; exit 3; }; done
printf 'AKIA1\\tse/cr+et\\ttok=en==\\n'`

/** A stub of npm: notes its words, refuses variables that are not there, writes reports, and ends with STUB_CODE. */
const npm = `printf '%s\\n' "$*" >> "$PWD/notes"
for word in "$@"; do
  case "$word" in *env://*) name="\${word##*env://}"; [ -n "\${!name}" ] || { echo "no $name" >&2; exit 9; };; esac
done
mkdir -p delivery-reports && echo '<testsuites/>' > delivery-reports/junit.xml
exit "\${STUB_CODE:-0}"`

/** Runs a job with stubs of aws and npm. */
function ranWithStubs(job: Job, code = 0): Ended & { notes: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "circleci-"))
  const bin = join(folder, "bin")
  stub(bin, "aws", aws)
  stub(bin, "npm", npm)
  const build = { ...job.build!, environment: { ...job.build!.environment, STUB_CODE: String(code) } }
  return { ...runJob({ ...job, build }, { folder, bin, contexts }), notes: notesOf(join(folder, "notes")) }
}

describe("a job with stubs of aws and npm", () => {
  const calling = builds.filter((job) => !isGate(job))
  it.each([...new Set(calling.map((job) => `${callIn(job).join(" ")} with ${job.contexts.join() || "no context"}`))])(
    "has all that its call names: %s",
    (title) => {
      const job = calling.find(
        (one) => `${callIn(one).join(" ")} with ${one.contexts.join() || "no context"}` === title,
      )!
      const { passed, output, notes, stored } = ranWithStubs(job)
      expect([output, passed]).toEqual(["", true])
      const words = callIn(job).map((word) => word.replace('"$CIRCLE_BUILD_URL"', buildUrl))
      expect(notes).toEqual([`run pipeline -- ${words.join(" ")}`])
      expect(stored).toEqual(["delivery-reports/junit.xml", "delivery-reports"])
      expect(() => callOf(callIn(job)[0]!, "/source", callIn(job).slice(1))).not.toThrow()
    },
  )
  it("stores its results and reports when it is red", () => {
    for (const job of calling)
      expect(ranWithStubs(job, 1)).toMatchObject({
        passed: false,
        stored: ["delivery-reports/junit.xml", "delivery-reports"],
      })
  }, 30_000)
  it("without its context fails before anything is called", () => {
    const job = builds.find(({ name }) => name === "publish")!
    const { passed, output, notes } = ranWithStubs({ ...job, contexts: [] })
    expect([passed, notes, output]).toEqual([false, [], expect.stringContaining("an empty argument")])
  })
  it("in a context that is not there is refused", () => {
    const job = builds.find(({ name }) => name === "publish")!
    expect(() => ranWithStubs({ ...job, contexts: ["delivery-qa"] })).toThrow("there is no context delivery-qa")
  })
  it("takes the role's keys out of the answer of AWS", () => {
    const job = builds.find(({ name }) => name === "publish")!
    const steps = [
      ...job.build!.steps.filter(({ kind, options }) => kind === "run" && options.name === "Take the role"),
      { kind: "run", options: { command: 'echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN"' } },
    ]
    expect(ranWithStubs({ ...job, build: { ...job.build!, steps } }).output).toBe("AKIA1 se/cr+et tok=en==\n")
  })
})

describe("a job with the project's own scripts and a stub of dagger", () => {
  /** A stub of dagger: notes its words and writes the reports of a run. */
  const dagger = `[ "$1" = version ] && { echo "dagger v0.19.10"; exit 0; }
printf '%s\\n' "$*" >> "$STUB_NOTES"
for word in "$@"; do case "$word" in --path=*) to="\${word#--path=}";; esac; done
mkdir -p "$to" && echo '<testsuites/>' > "$to/junit.xml"
printf '{"passed": %s, "ended": 9999999999, "table": "GREEN OR RED", "stages": []}' "$STUB_PASSED" > "$to/result.json"`

  /** Runs the job in a copy of what the scripts need. */
  function ran(job: Job, passed: boolean): Ended & { notes: string[] } {
    const folder = mkdtempSync(join(tmpdir(), "circleci-"))
    const bin = join(folder, "bin")
    for (const name of ["engine", "ci", "modules", "package.json", "package-lock.json", "dagger.json", "delivery.yaml"])
      cpSync(join(repository, name), join(folder, name), {
        recursive: true,
        filter: (path) => !path.endsWith("/sdk") || path.endsWith("engine/sdk"),
      })
    symlinkSync(realpathSync(join(repository, "node_modules")), join(folder, "node_modules"))
    stub(bin, "aws", aws)
    stub(bin, "dagger", dagger)
    const notes = join(folder, "notes")
    const environment = {
      STUB_NOTES: notes,
      STUB_PASSED: String(passed),
      _EXPERIMENTAL_DAGGER_RUNNER_HOST: "tcp://127.0.0.1:1",
      DELIVERY_ENGINE_STATE: join(folder, "state"),
    }
    return {
      ...runJob({ ...job, build: { ...job.build!, environment } }, { folder, bin, contexts }),
      notes: notesOf(notes),
    }
  }
  it.each([
    ["green", true],
    ["red", false],
  ])(
    "is %s as its run is, and its reports are where they are stored from",
    (_, passed) => {
      const job = builds.find(({ name }) => name === "stage")!
      const ended = ran(job, passed)
      expect(ended.output).toContain("GREEN OR RED")
      expect([ended.passed, ended.stored]).toEqual([passed, ["delivery-reports/junit.xml", "delivery-reports"]])
      expect(ended.notes.length).toBe(1)
      expect(ended.notes[0]).toContain(
        "with-record-key --key=env://RECORD_KEY with-aws --access-key=env://AWS_ACCESS_KEY_ID",
      )
      expect(ended.notes[0]).toContain("with-secret --name=db_password --value=env://DB_PASSWORD")
      expect(ended.notes[0]).toContain(`with-slack --webhook=env://SLACK_WEBHOOK --job=${buildUrl} `)
      expect(ended.notes[0]).toMatch(/ stage reports export --path=\S+delivery-reports\/\.fresh$/)
    },
    60_000,
  )
})
