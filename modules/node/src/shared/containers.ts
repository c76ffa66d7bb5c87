// Generated from modules/shared/containers.ts by `npm run sync`; do not edit.
// Containers of any image that tests reach as services, each by its name.
import { Container, dag, type Service } from "@dagger.io/dagger"
import { lastLines, startScript } from "./container-script"

/** A container for tests: it is ready when it listens on its port, within `seconds`. */
export interface TestContainer {
  name: string
  image: string
  port: number
  /** Variables of the form `NAME=value`. */
  env: string[]
  /** Arguments instead of those of the image. */
  args: string[]
  seconds: number
}

/** A container as text, which a module's object keeps between its functions. Throws for what cannot be one. */
export function containerText(one: TestContainer): string {
  const { name, image, port, env, seconds } = one
  if (!/^[a-z][a-z0-9-]{0,38}$/.test(name))
    throw new Error(`name: ${JSON.stringify(name)} is no host name: small letters, digits and -, a letter first`)
  if (image === "") throw new Error("image: empty; pass a reference such as mysql:8.4")
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`port: ${port} is not between 1 and 65535`)
  if (!(seconds >= 1)) throw new Error(`seconds: ${seconds} is not at least 1`)
  for (const pair of env)
    if (!/^[A-Za-z_]\w*=/.test(pair)) throw new Error(`env: ${JSON.stringify(pair)} is not of the form NAME=value`)
  return JSON.stringify(one)
}

/** What the tests of a module reach. */
interface TestServices {
  testServices?: Service[]
  /** Host names of these services, in the same order. */
  testServiceNames?: string[]
  /** Containers as text. */
  testContainers?: string[]
}

/** The container in which tests run: with their variables, of the form `NAME=value`, and the services that they reach. */
export async function forTests(container: Container, of: TestServices, env: string[]): Promise<Container> {
  let ready = withVariables(container, env)
  for (const [i, service] of (of.testServices ?? []).entries())
    ready = ready.withServiceBinding(of.testServiceNames![i]!, service)
  return withContainers(ready, of.testContainers)
}

/** The container with environment variables of the form `NAME=value`. */
function withVariables(container: Container, env: string[]): Container {
  for (const pair of env) {
    const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(pair) ?? []
    if (name === undefined) throw new Error(`env: ${JSON.stringify(pair)} is not of the form NAME=value`)
    container = container.withEnvVariable(name, value!)
  }
  return container
}

/**
 * The container with all of the given containers as services, which are started. Throws when one does not listen in time:
 * the error has its last log lines.
 */
async function withContainers(container: Container, all: string[] | undefined): Promise<Container> {
  const containers = (all ?? []).map((text) => JSON.parse(text) as TestContainer)
  const services = await Promise.all(containers.map(started))
  return services.reduce((ready, service, i) => ready.withServiceBinding(containers[i]!.name, service), container)
}

async function started(one: TestContainer): Promise<Service> {
  const base = one.env.reduce(
    (ready, pair) => ready.withEnvVariable(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)),
    dag.container().from(one.image),
  )
  const [entrypoint, args] = await Promise.all([base.entrypoint(), base.defaultArgs()]).catch((error: unknown) => {
    throw new Error(`${one.name}: the image ${one.image} cannot be had: ${lastLines(messageOf(error), one.name)}`)
  })
  const command = [...entrypoint, ...(one.args.length > 0 ? one.args : args)]
  const start = ["sh", "-c", startScript, "start", one.name, String(one.port), String(one.seconds), ...command]
  const service = base.withExposedPort(one.port).asService({ args: start })
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    const late = (): void => reject(new Error(`nothing can reach port ${one.port} after ${one.seconds} s`))
    timer = setTimeout(late, 1000 * (one.seconds + 30))
  })
  try {
    await Promise.race([service.start(), limit])
  } catch (error) {
    throw new Error(`${one.name} (${one.image}) did not start: ${lastLines(messageOf(error), one.name)}`)
  } finally {
    clearTimeout(timer)
  }
  return service
}

function messageOf(error: unknown): string {
  const { message, stdout = "", stderr = "" } = error as { message?: string; stdout?: string; stderr?: string }
  return [message ?? String(error), stdout, stderr].join("\n")
}
