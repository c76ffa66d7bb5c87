// What delivery.yaml says of a service's tools: servers for its tests, and Go's tags and variables.
import { dag, type Service } from "@dagger.io/dagger"
import type { ContainerNeed, Need, Service as Delivered } from "../config/config"

/** A module whose tests reach services. */
interface TestModule<M> {
  withService: (name: string, service: Service) => M
  withContainer: (
    name: string,
    image: string,
    port: number,
    options: { env: string[]; args: string[]; seconds: number },
  ) => M
}

/** A module that runs Go's tools. */
interface GoModule<M> {
  withSettings: (options: { tags: string[]; env: string[]; path: string }) => M
}

type Known = Exclude<Need, ContainerNeed>

/** The servers that the pipeline knows. One Postgres and one Redis serve all tests of a run. */
const testServers: Record<Known, { service: () => Service; variable: [string, string] }> = {
  postgres: {
    service: () => dag.postgres().testServer({ database: "postgres", instance: "tests" }),
    variable: ["TEST_DATABASE_URL", "postgres://postgres:postgres@postgres:5432/postgres"],
  },
  redis: {
    service: () => dag.redis().server({ instance: "tests" }),
    variable: ["TEST_REDIS_URL", "redis://redis:6379/0"],
  },
}

/** Adds the servers that a service's tests need to the module that runs them, each under its own name. */
export function withNeeds<M extends TestModule<M>>(module: M, needs: Need[]): M {
  return needs.reduce((ready, need) => {
    if (typeof need === "string") return ready.withService(need, testServers[need].service())
    const { name, image, port, env, args, seconds } = need
    return ready.withContainer(name, image, port, { env: pairs(env), args, seconds })
  }, module)
}

/** Returns the variables of a service's tests: the addresses of known servers, then its own. */
export function testEnvOf({ needs, testEnv }: Pick<Delivered, "needs" | "testEnv">): string[] {
  const known = needs.flatMap((need) => (typeof need === "string" ? [testServers[need].variable] : []))
  return pairs({ ...Object.fromEntries(known), ...testEnv })
}

/** Adds the tags and variables of Go services to a module, for each service that has any. */
export function withGoSettings<M extends GoModule<M>>(
  module: M,
  services: Pick<Delivered, "path" | "tags" | "goenv">[],
): M {
  return services
    .filter(({ tags, goenv }) => tags.length > 0 || Object.keys(goenv).length > 0)
    .reduce((ready, { path, tags, goenv }) => ready.withSettings({ tags, env: pairs(goenv), path }), module)
}

/** Returns values as NAME=value, as arguments of modules take them. */
export function pairs(variables: Record<string, string>): string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`)
}
