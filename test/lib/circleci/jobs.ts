// Jobs and executors: where a job runs, and its steps.
import { isMap, type Json } from "./faults"
import { argumentsFor, declared } from "./parameters"
import { stepsOf, type Step } from "./steps"
import { filled, type Scope } from "./templating"

/** A job with everything filled in. */
export interface Build {
  kind: "docker" | "machine" | "macos"
  /** The image, where the executor has one. */
  image?: string
  resourceClass?: string
  environment: Record<string, string>
  steps: Step[]
}

const executorKeys = ["docker", "machine", "macos", "resource_class", "shell", "working_directory", "environment"]
const jobKeys = [
  ...executorKeys,
  ...["executor", "type", "parameters", "steps", "parallelism", "circleci_ip_ranges", "description", "retention"],
]
const kinds = ["docker", "machine", "macos"] as const

/** The sections of a configuration that jobs use. */
export interface Library {
  commands: Json
  executors: Json
  jobs: Json
}

/** Returns a job as it runs with these arguments; undefined if it is none. */
export function buildOf(
  name: string,
  given: Json,
  scope: Scope,
  { library, path }: { library: Library; path: string },
): Build | undefined {
  const { faults } = scope
  const at = `jobs.${name}`
  const job = library.jobs[name]
  if (!isMap(job)) return void faults.add(at, job, "a map with an executor and steps")
  faults.keys(at, job, jobKeys)
  const declarations = declared(job.parameters, `${at}.parameters`, faults)
  const parameters = argumentsFor(declarations, given, path, faults)
  const inner: Scope = { ...scope, parameters, matrix: undefined }
  const { steps, parameters: _, ...rest } = job
  const own = filled(rest, at, inner) as Json
  const named = own.executor === undefined ? {} : executorOf(own.executor, `${at}.executor`, scope, library)
  const both = { ...named, ...own, environment: { ...mapOf(named.environment), ...mapOf(own.environment) } } as Json
  if (kinds.some((kind) => own[kind] !== undefined))
    for (const kind of kinds) if (own[kind] === undefined) delete both[kind]
  const list = stepsOf(steps, `${at}.steps`, inner, library)
  return placed(both, at, scope, list)
}

const mapOf = (value: unknown): Json => (isMap(value) ? value : {})

function executorOf(value: unknown, path: string, scope: Scope, { executors }: Library): Json {
  const { name, ...given } = isMap(value) ? value : { name: value }
  const names = Object.keys(executors)
  const executor = typeof name === "string" ? executors[name] : undefined
  if (!isMap(executor)) return (scope.faults.add(path, name, `executors are ${names.join(", ") || "not declared"}`), {})
  const at = `executors.${String(name)}`
  const { parameters: declaration, ...rest } = executor
  scope.faults.keys(at, rest, [...executorKeys, "description"])
  const parameters = argumentsFor(declared(declaration, `${at}.parameters`, scope.faults), given, path, scope.faults)
  return filled(rest, at, { ...scope, parameters, matrix: undefined }) as Json
}

/** Checks where a job runs: one kind of executor, and what that kind allows. */
function placed(job: Json, path: string, { faults }: Scope, steps: Step[]): Build | undefined {
  const found = kinds.filter((kind) => job[kind] !== undefined)
  const [kind] = found
  if (!kind || found.length > 1) return void faults.add(path, found, "one of docker, machine, macos, executor")
  const remote = steps.some((step) => step.kind === "setup_remote_docker")
  if (remote && kind === "machine")
    faults.add(`${path}.steps`, "setup_remote_docker", "a machine has Docker of its own")
  if (job.circleci_ip_ranges === true && (kind !== "docker" || remote))
    faults.add(
      `${path}.circleci_ip_ranges`,
      true,
      "fixed addresses are for the docker executor without setup_remote_docker",
    )
  const resourceClass = job.resource_class
  if (resourceClass !== undefined && typeof resourceClass !== "string")
    faults.add(`${path}.resource_class`, resourceClass, "a text")
  const isRunner = typeof resourceClass === "string" && resourceClass.includes("/")
  const image = imageOf(kind, job[kind], `${path}.${kind}`, { faults, isRunner })
  return {
    kind,
    image,
    resourceClass: resourceClass as string | undefined,
    environment: Object.fromEntries(Object.entries(mapOf(job.environment)).map(([name, one]) => [name, String(one)])),
    steps,
  }
}

function imageOf(
  kind: (typeof kinds)[number],
  value: unknown,
  path: string,
  { faults, isRunner }: Pick<Scope, "faults"> & { isRunner: boolean },
): string | undefined {
  if (kind === "docker") {
    const first: unknown = Array.isArray(value) ? value[0] : undefined
    if (isMap(first) && typeof first.image === "string" && first.image !== "") return first.image
    return void faults.add(path, value, "a list of images")
  }
  if (kind === "machine" && value === true) {
    // On CircleCI's own machines the cloud wants an image; a runner is a machine already.
    if (!isRunner) faults.add(path, value, "an image, or the resource class of a runner, <namespace>/<name>")
    return undefined
  }
  if (isMap(value) && typeof value.image === "string" && value.image !== "") return value.image
  if (kind === "machine") faults.add(path, value, "an image, or true on a runner")
  return undefined
}
