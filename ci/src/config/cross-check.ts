// What the schema cannot say: settings of a delivery.yaml that do not fit together.
import { reservedNames } from "../catalogue"
import { evidenceFaults } from "./evidence"
import { productFaults } from "./product"
import { promoteFaults } from "./promote"
import { repositoryFault } from "./repositories"
import type { Config, Environment, Need, Service } from "./types"

/** A fault and the path of the setting that has it. */
export interface Fault {
  path: string[]
  fault: string
}

/** Returns everything that does not fit together, in the order of the file. */
export function crossCheck(config: Config): Fault[] {
  const { services, environments } = config
  const deployments = Object.entries(environments)
  return [
    ...sharedFolders(services),
    ...reserved(services),
    ...repositories(services),
    ...settingsOfKinds(services),
    ...settingsOfDocker(services),
    ...Object.entries(services).flatMap(([name, { needs }]) => sharedNeeds(name, needs)),
    ...productFaults(config),
    ...evidenceFaults(config.evidence),
    ...sharedNamespaces(deployments),
    ...deployments.flatMap(([name, environment]) => environmentFaults(name, environment, config)),
    ...deployments.flatMap(([name, { promote }]) => promoteFaults(name, promote, environments)),
  ]
}

function repositories(services: Record<string, Service>): Fault[] {
  return Object.entries(services).flatMap(([name, { image }]) =>
    image && repositoryFault(name) ? [{ path: ["services", name], fault: repositoryFault(name) }] : [],
  )
}

function sharedFolders(services: Record<string, Service>): Fault[] {
  const owners = new Map<string, string>()
  return Object.entries(services).flatMap(([name, { path, kind, dockerfile }]) => {
    // Several images may be built of one folder.
    const place = kind === "docker" ? [path, dockerfile?.path, dockerfile?.target].join("\n") : path
    const owner = owners.get(place)
    owners.set(place, name)
    const fault = `${path} is the folder of ${owner} already; each service has its own`
    return owner ? [{ path: ["services", name, "path"], fault }] : []
  })
}

function reserved(services: Record<string, Service>): Fault[] {
  return Object.entries(reservedNames())
    .filter(([name]) => name in services)
    .map(([name, [stage]]) => ({
      path: ["services", name],
      fault: `the name is taken by the stage ${stage!}; choose another`,
    }))
}

/** Settings that only one kind of service has. */
const settingsOf: Partial<Record<keyof Service, Service["kind"]>> = {
  scripts: "node",
  exclude: "node",
  tags: "go",
  goenv: "go",
}

function settingsOfKinds(services: Record<string, Service>): Fault[] {
  return Object.entries(services).flatMap(([name, service]) =>
    Object.entries(settingsOf)
      .filter(([key, kind]) => kind !== service.kind && Object.keys(service[key as keyof Service] as object).length > 0)
      .map(([key, kind]) => ({
        path: ["services", name, key],
        fault: `${key} belongs to a service of the kind ${kind}`,
      })),
  )
}

/** Containers of one name: a test reaches each by its own. */
function sharedNeeds(service: string, needs: Need[]): Fault[] {
  const names = needs.map((need) => (typeof need === "string" ? need : need.name))
  return names.flatMap((name, i) =>
    names.indexOf(name) < i
      ? [{ path: ["services", service, "needs"], fault: `two servers have the name ${name}; each has its own` }]
      : [],
  )
}

function settingsOfDocker(services: Record<string, Service>): Fault[] {
  return Object.entries(services).flatMap(([name, { kind, test, needs, testEnv, dockerfile, image }]) => {
    const faults: Fault[] = []
    const add = (key: string, fault: string) => faults.push({ path: ["services", name, key], fault })
    if (test && kind !== "docker") add("test", `test belongs to a service of the kind docker; this one is ${kind}`)
    if (test && !test.target && !test.command) add("test", "target or command is missing: what runs the tests")
    if (kind === "docker" && !test?.command) {
      const why = "belongs to a command of the tests (test.command): building a target reaches no service"
      if (needs.length) add("needs", `needs ${why}`)
      if (Object.keys(testEnv).length) add("testEnv", `testEnv ${why}`)
    }
    if (kind !== "docker" && dockerfile && !image)
      add("dockerfile", "the service has image: false, so nothing is built by it")
    return faults
  })
}

function sharedNamespaces(environments: [string, Environment][]): Fault[] {
  const owners = new Map<string, string>()
  return environments.flatMap(([name, { cluster, namespace }]) => {
    const place = `${cluster}/${namespace}`
    const owner = owners.get(place)
    owners.set(place, name)
    const fault = `${namespace} of the cluster ${cluster} is ${owner}'s already; each environment has its own`
    return owner ? [{ path: ["environments", name, "namespace"], fault }] : []
  })
}

function environmentFaults(name: string, environment: Environment, { suites }: Config): Fault[] {
  const { cluster, region, tests, gates, prometheus } = environment
  const faults: Fault[] = []
  const add = (fault: string, ...keys: string[]) => faults.push({ path: ["environments", name, ...keys], fault })
  const isReal = cluster !== "ephemeral"
  if (isReal && !region) add(`region is missing: the AWS region of the EKS cluster ${cluster}`)
  for (const test of tests) if (!suites[test]) add(`${test} has no suite; name it in suites.${test}`, "tests")
  if (isReal && gates.analysis && !prometheus) add("prometheus is missing: where it answers", "gates", "analysis")
  if (gates.load && !suites.load) add("there is no plan; name it in suites.load", "gates", "load")
  return faults
}
