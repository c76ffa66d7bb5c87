// Workflows: which jobs they run for a branch or tag, with which arguments, contexts and conditions.
import { evaluate, matchesWhole } from "./expressions"
import { isMap, type Json } from "./faults"
import { buildOf, type Build, type Library } from "./jobs"
import { stepsOf } from "./steps"
import { filled, lookedUp, type Scope } from "./templating"

export const statuses = ["success", "failed", "canceled", "unauthorized", "not_run"] as const
export type Status = (typeof statuses)[number]

/** A job of a workflow. */
export interface Job {
  name: string
  /** The job's name under `jobs`; `approval` for one that waits for a person. */
  job: string
  type: "build" | "approval"
  /** Which jobs have to end before it, and how. */
  requires: { name: string; statuses: Status[] }[]
  contexts: string[]
  serialGroup?: string
  build?: Build
}

/** What a run is of. */
export interface Ref {
  branch?: string
  tag?: string
}

const jobOptions = [
  ...["name", "requires", "context", "type", "filters", "matrix", "pre-steps", "post-steps", "serial-group"],
  "override-with",
]

/** Returns the jobs of a workflow that a branch or tag runs, each after those that it requires. */
export function jobsOf(
  value: unknown,
  path: string,
  scope: Scope,
  { library, ref }: { library: Library; ref: Ref },
): Job[] {
  const { faults } = scope
  if (!Array.isArray(value) || !value.length) return (faults.add(path, value, "a list of jobs"), [])
  const uses = value.flatMap((one, i) => usesOf(one, `${path}[${i}]`, scope))
  const all = uses.map((use) => ({ ...jobOf(use, scope, library), path: use.path, filters: use.options.filters }))
  numberDuplicates(all)
  const names = all.map(({ name }) => name)
  for (const { path: at, requires } of all)
    for (const { name: needed } of requires)
      if (!names.includes(needed)) faults.add(`${at}.requires`, needed, `jobs of this workflow: ${names.join(", ")}`)
  const ordered = inOrder(all)
  if (!ordered) return (faults.add(path, names, "jobs may not wait for each other in a circle"), [])
  const chosen = new Set<string>()
  for (const job of ordered) {
    const isSelected = selected(job.filters, `${job.path}.filters`, scope, ref)
    // A job that is filtered out is ignored, unless all that another one requires are.
    const isReachable = !job.requires.length || job.requires.some(({ name }) => chosen.has(name))
    if (isSelected && isReachable) chosen.add(job.name)
  }
  return ordered
    .filter(({ name }) => chosen.has(name))
    .map(({ path: _path, filters: _filters, ...job }) => ({
      ...job,
      requires: job.requires.filter(({ name }) => chosen.has(name)),
    }))
}

/** Jobs of one name get numbers, so that none can be required by it. */
function numberDuplicates(jobs: Pick<Job, "name">[]): void {
  for (const name of new Set(jobs.map((job) => job.name))) {
    const same = jobs.filter((job) => job.name === name)
    if (same.length > 1) same.forEach((job, i) => (job.name = `${name}-${i + 1}`))
  }
}

/** A job as a workflow lists it, once for each combination of its matrix. */
interface Use {
  job: string
  path: string
  options: Json
  matrix: Json
}

function usesOf(value: unknown, path: string, scope: Scope): Use[] {
  const pair = typeof value === "string" ? [value, {}] : isMap(value) ? Object.entries(value)[0] : undefined
  const [job, options] = (pair ?? []) as [string?, unknown?]
  if (!job || (isMap(value) && Object.keys(value).length !== 1) || !isMap(options ?? {}))
    return (scope.faults.add(path, value, "a job is a name, or one name with its options"), [])
  const all = (options ?? {}) as Json
  const at = `${path}.${job}`
  return combinations(all.matrix, `${at}.matrix`, scope).map((matrix) => {
    const { matrix: _, ...rest } = all
    const { "pre-steps": before, "post-steps": after, ...plain } = rest
    const inner = Object.keys(matrix).length ? { ...scope, matrix } : scope
    const ready = { ...(filled(plain, at, inner) as Json), ...matrix }
    const name =
      Object.values(matrix).length && ready.name === undefined ? [job, ...Object.values(matrix)].join("-") : ready.name
    return {
      job,
      path: at,
      matrix,
      options: {
        ...ready,
        name,
        ...(before ? { "pre-steps": before } : {}),
        ...(after ? { "post-steps": after } : {}),
      },
    }
  })
}

function combinations(matrix: unknown, path: string, { faults }: Scope): Json[] {
  if (matrix === undefined) return [{}]
  if (!isMap(matrix) || !isMap(matrix.parameters)) return (faults.add(path, matrix, "parameters, exclude, alias"), [])
  faults.keys(path, matrix, ["parameters", "exclude", "alias"])
  let all: Json[] = [{}]
  for (const [name, values] of Object.entries(matrix.parameters)) {
    if (!Array.isArray(values) || !values.length)
      return (faults.add(`${path}.parameters.${name}`, values, "a list"), [])
    all = all.flatMap((one) => values.map((value: unknown) => ({ ...one, [name]: value })))
  }
  const excluded = Array.isArray(matrix.exclude) ? matrix.exclude.map((one) => JSON.stringify(one)) : []
  return all.filter((one) => !excluded.includes(JSON.stringify(one)))
}

function jobOf(use: Use, scope: Scope, library: Library): Job {
  const { job, path, options } = use
  const { faults } = scope
  const name = typeof options.name === "string" ? options.name : job
  if (options.name !== undefined && typeof options.name !== "string") faults.add(`${path}.name`, options.name, "a text")
  const requires = requiresOf(options.requires, `${path}.requires`, scope)
  const contexts = contextsOf(options.context, `${path}.context`, scope)
  const serialGroup = serialGroupOf(options["serial-group"], `${path}.serial-group`, scope)
  const shared = { name, requires, contexts, ...(serialGroup === undefined ? {} : { serialGroup }) }
  if (options.type === "approval") {
    if (Object.hasOwn(library.jobs, job)) faults.add(path, job, "an approval has a name that no job has")
    faults.keys(path, options, ["name", "type", "requires", "filters", "context"])
    return { ...shared, job: "approval", type: "approval" }
  }
  const arguments_ = Object.fromEntries(Object.entries(options).filter(([key]) => !jobOptions.includes(key)))
  if (options.type !== undefined) faults.add(`${path}.type`, options.type, "approval")
  if (!Object.hasOwn(library.jobs, job)) {
    faults.add(path, job, `jobs are ${Object.keys(library.jobs).join(", ")}`)
    return { ...shared, job, type: "build" }
  }
  const build = buildOf(job, arguments_, scope, { library, path })
  const around = (key: string) => (options[key] ? stepsOf(options[key], `${path}.${key}`, scope, library) : [])
  if (build) build.steps = [...around("pre-steps"), ...build.steps, ...around("post-steps")]
  return { ...shared, job, type: "build", build }
}

function requiresOf(value: unknown, path: string, { faults }: Scope): Job["requires"] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return (faults.add(path, value, "a list of jobs"), [])
  return value.flatMap((one: unknown) => {
    if (typeof one === "string") return [{ name: one, statuses: ["success" as const] }]
    if (!isMap(one) || Object.keys(one).length !== 1)
      return (faults.add(path, one, "the name of a job, or one name with its statuses"), [])
    const [name, wanted] = Object.entries(one)[0]!
    const list = [wanted].flat()
    for (const status of list)
      if (![...statuses, "terminal"].includes(status as Status))
        faults.add(`${path}.${name}`, status, [...statuses, "terminal"].join(", "))
    return [{ name, statuses: list.includes("terminal") ? [...statuses] : (list as Status[]) }]
  })
}

function contextsOf(value: unknown, path: string, { faults }: Scope): string[] {
  const list = value === undefined ? [] : [value].flat()
  for (const one of list)
    if (typeof one !== "string" || one === "") faults.add(path, one, "the name of a context of the organisation")
  if (new Set(list).size < list.length) faults.add(path, list, "each context once")
  return list as string[]
}

function serialGroupOf(value: unknown, path: string, { faults }: Scope): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === "string" && /^[A-Za-z0-9._/-]{1,512}$/.test(value)) return value
  return void faults.add(path, value, "1 to 512 letters, digits, and . - _ /")
}

/** Returns jobs so that each comes after those that it requires; undefined if that cannot be. */
function inOrder<T extends Pick<Job, "name" | "requires">>(jobs: T[]): T[] | undefined {
  const ordered: T[] = []
  let left = jobs
  while (left.length) {
    const names = left.map(({ name }) => name)
    const free = left.filter(({ requires }) => requires.every(({ name }) => !names.includes(name)))
    if (!free.length) return undefined
    ordered.push(...free)
    left = left.filter((job) => !free.includes(job))
  }
  return ordered
}

/** Whether a branch or tag passes the filters of a job. Without a filter for tags, no tag does. */
function selected(filters: unknown, path: string, scope: Scope, { branch, tag }: Ref): boolean {
  if (typeof filters === "string") {
    try {
      return Boolean(evaluate(filters, (name) => lookedUp(name, scope)))
    } catch (error) {
      return (scope.faults.add(path, filters, (error as Error).message), false)
    }
  }
  if (filters === undefined) return tag === undefined
  if (!isMap(filters)) return (scope.faults.add(path, filters, "branches, tags, or an expression"), false)
  scope.faults.keys(path, filters, ["branches", "tags"])
  const [ofBranches, ofTags] = [filters.branches, filters.tags].map((one, i) => {
    const at = `${path}.${i ? "tags" : "branches"}`
    if (one !== undefined && !isMap(one)) return (scope.faults.add(at, one, "only, ignore"), undefined)
    if (one !== undefined) scope.faults.keys(at, one, ["only", "ignore"])
    return one
  })
  if (tag !== undefined) return ofTags !== undefined && named(ofTags, tag)
  return ofBranches === undefined || named(ofBranches, branch ?? "")
}

function named({ only, ignore }: Json, name: string): boolean {
  const among = (list: unknown): boolean =>
    [list].flat().some((one) => {
      const text = String(one)
      return text.startsWith("/") && text.endsWith("/") ? matchesWhole(text.slice(1, -1), name) : text === name
    })
  if (only !== undefined) return among(only)
  return ignore === undefined || !among(ignore)
}
