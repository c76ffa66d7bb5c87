// A small interpreter of CircleCI's configuration 2.1: what a branch or tag runs, and what CircleCI does not compile.
// Not known to it: orbs, setup workflows, job groups, schedules. It refuses them, so that nobody believes that it has read them.
//
// The rules are those of CircleCI's Configuration reference, Reusable config reference, Pipeline values and parameters,
// and Controlling serial execution, as published in 2026.
import { parseDocument } from "yaml"
import { Faults, isMap, type Json } from "./faults"
import { argumentsFor, declared } from "./parameters"
import { decided } from "./steps"
import type { Scope } from "./templating"
import { jobsOf, type Job, type Ref, type Status } from "./workflows"

export { ConfigError } from "./faults"
export type { Job, Ref, Status } from "./workflows"

/** A workflow that runs, with its jobs in an order in which they may. */
export interface Workflow {
  name: string
  jobs: Job[]
}

/** Returns the workflows that run for a branch or tag, with these values of the pipeline's parameters. */
export function compile(text: string, ref: Ref, given: Json = {}): Workflow[] {
  const faults = new Faults()
  const config = parsed(text, faults)
  if (String(config.version) !== "2.1") faults.add("version", config.version, "2.1")
  for (const key of ["orbs", "setup", "job-groups"]) if (key in config) faults.add(key, config[key], "not known here")
  const declarations = declared(config.parameters, "parameters", faults, "pipeline")
  const pipeline = argumentsFor(declarations, given, "parameters", faults)
  const scope: Scope = { values: valuesOf(ref), pipeline, faults }
  const section = (name: string): Json => {
    const value = config[name]
    if (value === undefined) return {}
    if (!isMap(value)) return (faults.add(name, value, "a map"), {})
    for (const key of Object.keys(value))
      if (name !== "workflows" && !/^[a-zA-Z][a-zA-Z0-9_-]*$/.test(key))
        faults.add(name, key, "a letter, then letters, digits, _ and -")
    return value
  }
  const library = { commands: section("commands"), executors: section("executors"), jobs: section("jobs") }
  const workflows = Object.entries(section("workflows")).filter(([name]) => name !== "version")
  if (!workflows.length) faults.add("workflows", config.workflows, "a map of workflows")
  const running = workflows.flatMap(([name, workflow]) => {
    const path = `workflows.${name}`
    if (!isMap(workflow)) return (faults.add(path, workflow, "jobs, when, unless"), [])
    faults.keys(path, workflow, ["jobs", "when", "unless", "max_auto_reruns"])
    const jobs = jobsOf(workflow.jobs, `${path}.jobs`, scope, { library, ref })
    const isWanted = workflow.when === undefined || decided(workflow.when, `${path}.when`, scope)
    const isUnwanted = workflow.unless !== undefined && decided(workflow.unless, `${path}.unless`, scope)
    return isWanted && !isUnwanted && jobs.length ? [{ name, jobs }] : []
  })
  faults.throwAny()
  return running
}

/** Reads YAML as CircleCI does: version 1.1, where `yes` and `on` are true, with merge keys. */
function parsed(text: string, faults: Faults): Json {
  const document = parseDocument(text, { version: "1.1", merge: true })
  for (const { message } of document.errors) faults.add("config.yml", message.split("\n")[0], "YAML")
  faults.throwAny()
  const value: unknown = document.toJS()
  if (!isMap(value)) faults.add("config.yml", value, "a map")
  faults.throwAny()
  return value as Json
}

/** Pipeline values, as a push of this branch or tag has them. */
function valuesOf({ branch, tag }: Ref): Json {
  return {
    "pipeline.id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
    "pipeline.number": 42,
    "pipeline.project.slug": "gh/example/delivery",
    "pipeline.project.git_url": "https://github.com/example/delivery",
    "pipeline.project.type": "github",
    "pipeline.trigger_source": "webhook",
    "pipeline.git.branch": branch ?? "",
    "pipeline.git.tag": tag ?? "",
    "pipeline.git.branch.is_default": branch === "develop",
    "pipeline.git.revision": "0".repeat(40),
  }
}

/** The commands of a job, in their order. */
export function commandsOf(job: Job): string[] {
  return (job.build?.steps ?? []).filter(({ kind }) => kind === "run").map(({ options }) => String(options.command))
}

/** Who runs, and how a workflow ends, if these jobs end so; all others succeed. An approval is given. */
export function ending({ jobs }: Workflow, ends: Record<string, Status>): { verdict: "green" | "red"; ran: string[] } {
  const status: Record<string, Status> = {}
  const ran: string[] = []
  for (const { name, requires } of jobs) {
    const isDue = requires.every((one) => one.statuses.includes(status[one.name]!))
    status[name] = isDue ? (ends[name] ?? "success") : "not_run"
    if (status[name] !== "not_run") ran.push(name)
  }
  // CircleCI shows a workflow as green though a job of it has not run.
  const red: Status[] = ["failed", "canceled", "unauthorized"]
  return { verdict: jobs.some(({ name }) => red.includes(status[name]!)) ? "red" : "green", ran }
}
