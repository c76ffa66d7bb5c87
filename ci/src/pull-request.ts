// The checks of a pull request: secrets, then each service's lint, types, tests and build.
import { availableParallelism } from "node:os"
import { Directory, Service, dag } from "@dagger.io/dagger"
import type { Config, Need, Service as Delivered } from "./config"
import { goInput, withoutMarkdown } from "./inputs"
import { collect, type Part } from "./parts"
import type { Found, Stage, Status } from "./stages"

/** Runs every part, as many at a time as there are cores: each has several steps side by side already, and two that start with empty caches compile the same packages twice. */
export async function runAll(source: Directory, config: Config, selected: Set<string>, until: number): Promise<Part[]> {
  const work: (() => Promise<Part>)[] = []
  if (selected.has("secrets")) work.push(() => secrets(source, config, until))
  // The slow kind first: an npm install waits for the network while Go compiles.
  const services = Object.entries(config.services).sort(([, a], [, b]) => (a.kind === b.kind ? 0 : a.kind === "node" ? -1 : 1))
  for (const [name, service] of services) {
    const steps = [...selected].filter((stage) => stage.startsWith(`${name}:`)).map((stage) => stage.split(":")[1]!)
    if (steps.length) work.push(() => (service.kind === "go" ? goService(source, name, service, steps, config, until) : nodeService(source, name, service, steps, config, until)))
  }
  const parts: Part[] = []
  const workers = Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
    for (let next = work.shift(); next; next = work.shift()) parts.push(await next())
  })
  await Promise.all(workers)
  return parts
}

async function secrets(source: Directory, config: Config, until: number): Promise<Part> {
  return collect("secrets", ["secrets"], async () => {
    const result = dag.gitleaks().detect(source, { git: source.directory(".git"), name: "secrets", timeout: config.timeouts.secrets, until })
    const [status, reason, seconds, cached, exitCode] = await Promise.all([result.status(), result.reason(), result.seconds(), result.cached(), result.exitCode()])
    return { found: [{ name: "secrets", status: status as Status, reason, seconds, cached, exitCode }], reports: result.reports() }
  })
}

async function goService(source: Directory, name: string, { path, inputs, needs }: Delivered, steps: string[], config: Config, until: number): Promise<Part> {
  return collect(name, steps.map((step) => `${name}:${step}`), async () => {
    const input = await goInput(source, path, inputs)
    return resultsIn(dag.golang().check(input, { path, name, steps, timeouts: timeoutsOf(config, steps), ...surroundings(needs), until }).reports())
  })
}

/** The servers that tests need, with what they are found by. One Postgres and one Redis serve all tests of a run. */
function surroundings(needs: Need[]): { testServices: Service[]; testServiceNames: string[]; testEnv: string[] } {
  const servers: Record<Need, () => { service: Service; variable: string }> = {
    postgres: () => ({ service: dag.postgres().server({ user: "postgres", database: "postgres", instance: "tests" }), variable: "TEST_DATABASE_URL=postgres://postgres:postgres@postgres:5432/postgres" }),
    redis: () => ({ service: dag.redis().server({ instance: "tests" }), variable: "TEST_REDIS_URL=redis://redis:6379/0" }),
  }
  const started = needs.map((need) => servers[need]())
  return { testServices: started.map(({ service }) => service), testServiceNames: needs, testEnv: started.map(({ variable }) => variable) }
}

async function nodeService(source: Directory, name: string, { path }: Delivered, steps: string[], config: Config, until: number): Promise<Part> {
  return collect(name, steps.map((step) => `${name}:${step}`), async () => resultsIn(dag.node().check(await withoutMarkdown(source.directory(path)), { name, steps, timeouts: timeoutsOf(config, steps), until }).reports()))
}

/** The results that a module's `check` leaves beside its reports. */
async function resultsIn(reports: Directory): Promise<Found> {
  return { found: JSON.parse(await reports.file("results.json").contents()) as Stage[], reports }
}

function timeoutsOf(config: Config, steps: string[]): number[] {
  return steps.map((step) => config.timeouts[step as keyof Config["timeouts"]])
}

