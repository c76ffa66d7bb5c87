// What the charts hold, without helm: copies are equal, values keep to the schema and the schema refuses what it should.
import { Ajv } from "ajv"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"

const repository = join(import.meta.dirname, "../..")
const read = (path: string): string => readFileSync(join(repository, path), "utf8")

type Values = Record<string, unknown>

/** The second over the first, as helm does it. */
function merged(under: Values, over: Values): Values {
  const isMap = (value: unknown): value is Values =>
    typeof value === "object" && value !== null && !Array.isArray(value)
  const all = { ...under }
  for (const [key, value] of Object.entries(over))
    all[key] = isMap(all[key]) && isMap(value) ? merged(all[key], value) : value
  return all
}

describe("the product's chart", () => {
  const chart = "charts/restaurant"
  const values = (file: string): Values => parse(read(`${chart}/${file}`)) as Values
  const valid = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(
    JSON.parse(read(`${chart}/values.schema.json`)),
  )
  const faults = (over: Values): string[] =>
    valid(merged(values("values.yaml"), over))
      ? []
      : valid.errors!.map((error) => `${error.instancePath} ${error.message}`)
  const environments = readdirSync(join(repository, chart)).filter(
    (file) => /^values-.*\.yaml$/.test(file) && file !== "values-ephemeral.yaml",
  )

  it("carries the services' init.sh: cp services/database/init.sh charts/restaurant/files/", () =>
    expect(read(`${chart}/files/init.sh`)).toBe(read("services/database/init.sh")))

  it("knows the environments", () =>
    expect(environments.sort()).toEqual(["dev", "prod", "qa", "stage"].map((name) => `values-${name}.yaml`)))
  it.each(environments)("%s keeps to the schema, also on a cluster that lives as long as a call", (file) => {
    expect(faults(values(file))).toEqual([])
    expect(faults(merged(values(file), values("values-ephemeral.yaml")))).toEqual([])
  })
  it.each([
    ["dev", "qa", "https://qa.app.example.com"],
    ["qa", "qa", "https://qa.app.example.com"],
    ["stage", "stage", "https://staging.app.example.com"],
    ["prod", "production", "https://prod.app.example.com"],
  ])("%s is %s at %s", (name, appMode, appUrl) =>
    expect(values(`values-${name}.yaml`)).toMatchObject({ appMode, appUrl }),
  )

  it("has no value for a secret", () => {
    const keys = (map: unknown): string[] =>
      typeof map === "object" && map !== null
        ? Object.entries(map).flatMap(([key, value]) => [key, ...keys(value)])
        : []
    expect(keys(values("values.yaml")).filter((key) => /password|token|secret/i.test(key))).toEqual([
      "pullSecrets",
      "secretName",
      "passwordKey",
      "tlsSecretName",
    ]) // names of Secrets, and of a key in one
  })

  it.each([
    [
      "a tag for a digest",
      { images: { restaurant: { digest: "v1.2.3" } } },
      "/images/restaurant/digest must match pattern",
    ],
    ["half a digest", { images: { recipes: { digest: "sha256:abc" } } }, "/images/recipes/digest must match pattern"],
    [
      "a tag in a repository",
      { images: { frontend: { repository: "frontend:latest" } } },
      "/images/frontend/repository must match pattern",
    ],
    [
      "a tag after a registry's port",
      { images: { frontend: { repository: "registry:5000/frontend:v1" } } },
      "/images/frontend/repository must match pattern",
    ],
    ["a mode that is none", { appMode: "prod" }, "/appMode must be equal to one of the allowed values"],
    ["an address with a path", { appUrl: "https://qa.app.example.com/" }, "/appUrl must match pattern"],
    ["no replica", { suppliers: { replicas: 0 } }, "/suppliers/replicas must be >= 1"],
    ["a key that nobody reads", { restaurant: { replica: 2 } }, "/restaurant must NOT have additional properties"],
    ["a password", { database: { password: "canary" } }, "/database must NOT have additional properties"],
    [
      "a fault that is none",
      { faults: { restaurant: { LATENCY: "1s" } } },
      "/faults/restaurant property name must be valid",
    ],
    [
      "a fault of no service",
      { faults: { frontend: { FAULT_LATENCY: "1s" } } },
      "/faults must NOT have additional properties",
    ],
    [
      "another key for production",
      { faultsInProduction: "yes" },
      "/faultsInProduction must be equal to one of the allowed values",
    ],
    ["the newest Postgres", { postgres: { image: "postgres:latest" } }, "/postgres/image must NOT be valid"],
    ["a Postgres without a version", { postgres: { image: "postgres" } }, "/postgres/image must match pattern"],
    [
      "a port that is no node port",
      { frontend: { service: { nodePort: 80 } } },
      "/frontend/service/nodePort must match a schema in anyOf",
    ],
  ])("its schema refuses %s", (_, over, fault) => expect(faults(over).join("\n")).toContain(fault))
})

describe("the platform's and the cluster's charts", () => {
  it("have the same alerts: cp charts/platform/files/rules.yaml charts/cluster/files/", () =>
    expect(read("charts/cluster/files/rules.yaml")).toBe(read("charts/platform/files/rules.yaml")))
  it("fix the version of each public chart", () => {
    const { dependencies } = parse(read("charts/cluster/Chart.yaml")) as {
      dependencies: { name: string; version: string; repository: string }[]
    }
    const values = parse(read("charts/cluster/values.yaml")) as Values
    for (const { name, version, repository: from } of dependencies) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
      expect(from, name).toMatch(/^https:\/\//)
      expect(values[name], name).toMatchObject({ enabled: true })
    }
    expect(Object.keys(values).sort()).toEqual(dependencies.map(({ name }) => name).sort())
  })
})

describe("the chart of CI's access", () => {
  it("gives the rights on Leases that the lock of a release uses, and no other", () => {
    const scripts = ["lock", "release"].map((name) => read(`modules/helm/src/scripts/${name}.ts`)).join("\n")
    const verbs: Record<string, string> = { "create -f -": "create", "replace -f -": "update" }
    for (const verb of ["get", "patch", "delete"]) verbs[`${verb} lease`] = verb
    const used = Object.entries(verbs).filter(([words]) => new RegExp(`(k|=4s) ${words}`).test(scripts))
    const given = /resources: \[leases\]\n\s+verbs: \[(.*)\]/.exec(read("charts/access/templates/namespaces.yaml"))![1]!
    expect(given.split(", ").sort()).toEqual(used.map(([, verb]) => verb).sort())
  })
  it("has the group that Terraform gives CI's role", () => {
    const { group } = parse(read("charts/access/values.yaml")) as Values
    expect(read("terraform/stack/main.tf")).toContain(`group = ${JSON.stringify(group)}`)
  })
})
