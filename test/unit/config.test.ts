// delivery.yaml: what it fills in, and what it says of each fault.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ConfigError, parseConfig } from "../../ci/src/config/config"
import { testEnvOf, withGoSettings, withNeeds } from "../../ci/src/checks/settings"
import { effectiveConfig } from "../../ci/src/config/effective"
import { repository } from "../../engine/src/paths"
import { faultsOf } from "../lib/faults"

const one = "services:\n  a: { path: services/a, kind: go }\n"

/** A file with a service and one environment, dev, which has what is given beside what it must have. Its environment stands in line 4. */
const dev = (more = "", rest = "") =>
  `${one}environments:\n  dev: { appMode: qa, appUrl: "https://a.example", namespace: dev, values: v.yaml${more} }\n${rest}`

describe("what a service's tests need", () => {
  const service = (more: string, kind = "go") => `services:\n  a: { path: x, kind: ${kind}, ${more} }\n`
  const need = (more: string) => service(`needs: [redis, { name: db, image: "mysql:8.4", port: 3306${more} }]`)

  it("is a server that the pipeline knows, or a container with defaults", () => {
    const { a } = parseConfig(need(", env: { MYSQL_DATABASE: test }")).services
    expect(a!.needs).toEqual([
      "redis",
      { name: "db", image: "mysql:8.4", port: 3306, env: { MYSQL_DATABASE: "test" }, args: [], seconds: 60 },
    ])
  })
  it("reaches the module as it takes it", () => {
    const { a } = parseConfig(need("") + "    # x\n").services
    const calls: unknown[] = []
    const module = {
      withService: (name: string) => (calls.push(name), module),
      withContainer: (...all: unknown[]) => (calls.push(all), module),
    }
    withNeeds(module, a!.needs.slice(1))
    expect(calls).toEqual([["db", "mysql:8.4", 3306, { env: [], args: [], seconds: 60 }]])
  })
  it("has its addresses in variables, which the service may set otherwise", () => {
    const { a } = parseConfig(
      service('needs: [redis, postgres], testEnv: { TEST_REDIS_URL: mine, DSN: "db:3306" }'),
    ).services
    expect(testEnvOf(a!)).toEqual([
      "TEST_REDIS_URL=mine",
      "TEST_DATABASE_URL=postgres://postgres:postgres@postgres:5432/postgres",
      "DSN=db:3306",
    ])
  })
  it.each([
    [
      need("").replace("port: 3306", "prot: 3306"),
      /services\.a\.needs\.1\.prot, line 2: the key prot is not known \(did you mean port\?\)/,
    ],
    [need("").replace("port: 3306", "port: 0"), "services.a.needs.1.port, line 2: 0 is out of range; it must be >= 1"],
    [
      need("").replace("name: db", "name: My_DB"),
      /services\.a\.needs\.1\.name, line 2: "My_DB" is not allowed; a host name/,
    ],
    [
      need("").replace('"mysql:8.4"', '"my sql"'),
      /needs\.1\.image, line 2: "my sql" is not allowed; the reference of an image/,
    ],
    [need(", env: { 1A: b }"), /needs\.1\.env\.1A, line 2: the name "1A" is not allowed; a variable/],
    [
      need("").replace("name: db", "name: redis"),
      "services.a.needs, line 2: two servers have the name redis; each has its own",
    ],
    [
      service("needs: [5]"),
      "services.a.needs.0, line 2: 5 is not allowed; allowed: postgres, redis, or a container: { name, image, port }",
    ],
    [service("needs: [{ name: db, port: 1 }]"), "services.a.needs.0, line 2: image is missing"],
    [service("testEnv: { A: [b] }"), 'services.a.testEnv.A, line 2: ["b"] is not a text'],
  ])("is refused: %j", (text, fault) =>
    typeof fault === "string"
      ? expect(faultsOf(text)).toContain(fault)
      : expect(faultsOf(text).join("\n")).toMatch(fault),
  )
})

describe("tags and variables of Go", () => {
  const service = (more: string, kind = "go") => `services:\n  a: { path: x, kind: ${kind}, ${more} }\n`
  it("reach the modules of the services that have any", () => {
    const { a } = parseConfig(
      service('tags: [integration], goenv: { GOFLAGS: "-mod=mod -p=1", CGO_ENABLED: "0" }'),
    ).services
    const calls: unknown[] = []
    const module = { withSettings: (one: unknown) => (calls.push(one), module) }
    withGoSettings(module, [a!, { ...a!, tags: [], goenv: {} }])
    expect(calls).toEqual([{ tags: ["integration"], env: ["GOFLAGS=-mod=mod -p=1", "CGO_ENABLED=0"], path: "x" }])
  })
  it.each([
    ["tags: [a b]", /tags\.0, line 2: "a b" is not allowed; a build tag/],
    ["goenv: { GOPROXY: off }", /goenv\.GOPROXY, line 2: the name "GOPROXY" is not allowed; CGO_CFLAGS, .*GOFLAGS/],
    ['goenv: { GOFLAGS: "-tags=a" }', /goenv\.GOFLAGS, line 2: "-tags=a" is not allowed; flags that begin with -/],
    ['goenv: { CGO_ENABLED: "2" }', 'services.a.goenv.CGO_ENABLED, line 2: "2" is not allowed; allowed: 0, 1'],
  ])("are refused: %s", (more, fault) =>
    typeof fault === "string"
      ? expect(faultsOf(service(more))).toContain(fault)
      : expect(faultsOf(service(more)).join("\n")).toMatch(fault),
  )
  it("belong to services of the kind go", () =>
    expect(faultsOf(service("tags: [a], goenv: { GODEBUG: x=1 }", "node"))).toEqual([
      "services.a.tags, line 2: tags belongs to a service of the kind go",
      "services.a.goenv, line 2: goenv belongs to a service of the kind go",
    ]))
})

describe("a delivery.yaml", () => {
  it("of three lines is enough; the rest has defaults", () => {
    expect(parseConfig(one)).toEqual({
      services: {
        a: {
          ...{
            path: "services/a",
            kind: "go",
            inputs: [],
            needs: [],
            coverage: 80,
            coverageWritten: false,
            image: false,
          },
          ...{ testEnv: {}, tags: [], goenv: {}, scripts: {}, exclude: [] },
        },
      },
      ...{
        coverage: { total: 80, changedLines: 80 },
        scope: "all",
        sast: "medium",
        lint: { exclusions: [] },
        secrets: { config: "", baseline: "" },
        suppressions: [],
      },
      dependencies: {
        severity: "medium",
        licences: { allow: [], deny: [] },
        database: {
          go: "https://vuln.go.dev",
          npm: "https://registry.npmjs.org",
          osv: "https://api.osv.dev",
        },
        inconclusive: "warn",
      },
      ...{
        registry: "ephemeral",
        platforms: ["linux/amd64"],
        evidence: { keys: {} },
        chart: {
          path: "charts/product",
          images: [],
          values: {
            image: "images.<service>",
            appMode: "appMode",
            appUrl: "appUrl",
            nodePort: "service.nodePort",
            fault: "faults.<service>.<variable>",
          },
          faults: {},
        },
        health: [{ name: "version.json", path: "/version.json" }],
        rehearsal: { platform: "charts/platform", probe: "/version.json", faults: [] },
        suites: {},
        environments: {},
        notifications: {},
      },
      branches: { develop: "develop", master: "master" },
      timeouts: { secrets: 600, lint: 600, typecheck: 600, test: 900, build: 600 },
    })
  })
  it("sets numbers, and may write a folder with ./ and /", () => {
    const config = parseConfig(
      "services:\n  a: { path: ./x/, kind: node }\n  b: { path: y, kind: go, coverage: 0, inputs: [./x/], " +
        "needs: [redis, postgres] }\ngates: { coverage: { service: 92.5 } }\ntimeouts: { test: 30 }\n",
    )
    expect(config).toMatchObject({
      services: {
        a: { path: "x", kind: "node", coverage: 92.5, coverageWritten: true },
        b: { coverage: 0, inputs: ["x"], needs: ["redis", "postgres"] },
      },
      timeouts: { test: 30, lint: 600 },
    })
  })
  it("sets the coverage gate of a service itself, or that of all, or leaves it to the default", () => {
    const written = (text: string): boolean[] =>
      Object.values(
        parseConfig(`services: { a: { path: a, kind: go }, b: { path: b, kind: node } }\n${text}`).services,
      ).map(({ coverageWritten }) => coverageWritten)
    expect(written("")).toEqual([false, false])
    expect(written("gates: { coverage: { total: 50 } }")).toEqual([false, false])
    expect(written("gates: { coverage: { service: 85 } }")).toEqual([true, true])
    const own = parseConfig("services: { a: { path: a, kind: go, coverage: 10 }, b: { path: b, kind: go } }")
    expect([own.services.a!.coverageWritten, own.services.b!.coverageWritten]).toEqual([true, false])
  })
  it("of this repository is right", () =>
    expect(Object.keys(parseConfig(readFileSync(join(repository, "delivery.yaml"), "utf8")).services)).toContain(
      "restaurant",
    ))

  it.each([
    ["an empty file", "", "the file, line 1: services is missing"],
    ["no services", "gates: {}\n", "the file, line 1: services is missing"],
    ["an empty list of services", "services: {}\n", "services, line 1: it is empty; at least one service is needed"],
    ["services as a list", "services:\n  - a\n", 'services, line 1: ["a"] is not a mapping of keys to values'],
    ["a service without a path", "services:\n  a: { kind: go }\n", "services.a, line 2: path is missing"],
    ["a service without a kind", "services:\n  a: { path: x }\n", "services.a, line 2: kind is missing"],
    [
      "an unknown kind",
      "services:\n  a:\n    path: x\n    kind: rust\n",
      'services.a.kind, line 4: "rust" is not allowed; allowed: go, node',
    ],
    [
      "an unknown need",
      "services:\n  a: { path: x, kind: go, needs: [mysql] }\n",
      'services.a.needs.0, line 2: "mysql" is not allowed; allowed: postgres, redis',
    ],
    [
      "an absolute path",
      "services:\n  a: { path: /x, kind: go }\n",
      'services.a.path, line 2: "/x" is not allowed; a folder below the repository\'s root, without ..',
    ],
    [
      "a path that leads out",
      "services:\n  a: { path: x/../../y, kind: go }\n",
      'services.a.path, line 2: "x/../../y" is not allowed',
    ],
    [
      "a name with a capital",
      "services:\n  Api: { path: x, kind: go }\n",
      'services.Api, line 2: the name "Api" is not allowed; small letters, digits and -',
    ],
    [
      "a misspelt key at the top",
      `${one}gate: {}\n`,
      "gate, line 3: the key gate is not known (did you mean gates?); allowed: services, repository, registry, evidence, platforms, chart",
    ],
    [
      "a misspelt key of a service",
      "services:\n  a: { path: x, knid: go, kind: go }\n",
      "services.a.knid, line 2: the key knid is not known (did you mean kind?); allowed: path, kind, inputs, needs, testEnv, tags, goenv, coverage",
    ],
    [
      "an unknown key far from all others",
      `${one}gates:\n  coverage:\n    lines: 3\n`,
      "gates.coverage.lines, line 5: the key lines is not known; allowed: service",
    ],
    [
      "a number as text",
      `${one}gates: { coverage: { service: "80" } }\n`,
      'gates.coverage.service, line 3: "80" is not a number',
    ],
    [
      "a coverage above 100",
      `${one}gates: { coverage: { service: 101 } }\n`,
      "gates.coverage.service, line 3: 101 is out of range; it must be <= 100",
    ],
    [
      "a time-out of nothing",
      `${one}timeouts: { test: 0 }\n`,
      "timeouts.test, line 3: 0 is out of range; it must be >= 1",
    ],
    [
      "a time-out in half seconds",
      `${one}timeouts: { test: 1.5 }\n`,
      "timeouts.test, line 3: 1.5 is not a whole number",
    ],
    [
      "npm scripts of a Go service",
      "services:\n  a: { path: x, kind: go, scripts: { test: unit } }\n",
      "services.a.scripts, line 2: scripts belongs to a service of the kind node",
    ],
    [
      "exclusions of a Go service",
      "services:\n  a:\n    path: x\n    kind: go\n    exclude: [docs]\n",
      "services.a.exclude, line 5: exclude belongs to a service of the kind node",
    ],
    [
      "a step without a script",
      "services:\n  a: { path: x, kind: node, scripts: { fmt: x } }\n",
      "services.a.scripts.fmt, line 2: the key fmt is not known; allowed: lint, typecheck, test, build",
    ],
    [
      "two services in one folder",
      "services:\n  a: { path: x, kind: go }\n  b: { path: x/, kind: go }\n",
      "services.b.path, line 3: x is the folder of a already",
    ],
    [
      "a service called secrets",
      "services:\n  secrets: { path: x, kind: go }\n",
      "services.secrets, line 2: the name is taken by the stage",
    ],
    [
      "a service called coverage",
      "services:\n  coverage: { path: x, kind: go }\n",
      "services.coverage, line 2: the name is taken by the stage coverage:total",
    ],
    ["a list instead of the file", "- a\n", 'the file, line 1: ["a"] is not a mapping'],
    [
      "a service that is a text",
      "services:\n  a: services/a\n",
      'services.a, line 2: "services/a" is not a mapping of keys to values',
    ],
    [
      "a text instead of a switch",
      "services:\n  a: { path: x, kind: go, image: yes }\n",
      'services.a.image, line 2: "yes" is not true or false',
    ],
    [
      "inputs that are no list",
      "services:\n  a: { path: x, kind: go, inputs: y }\n",
      'services.a.inputs, line 2: "y" is not a list',
    ],
    [
      "a coverage below 0",
      "services:\n  a: { path: x, kind: go, coverage: -1 }\n",
      "services.a.coverage, line 2: -1 is out of range; it must be >= 0",
    ],
    [
      "a misspelt gate",
      `${one}gates: { coverage: { changedlines: 3 } }\n`,
      "gates.coverage.changedlines, line 3: the key changedlines is not known (did you mean changedLines?); allowed: service, total, changedLines",
    ],
    [
      "a misspelt time-out",
      `${one}timeouts: { tests: 3 }\n`,
      "timeouts.tests, line 3: the key tests is not known (did you mean test?); allowed: secrets, lint",
    ],
    [
      "a registry with a scheme",
      `${one}registry: https://r.example\n`,
      'registry, line 3: "https://r.example" is not allowed',
    ],
    [
      "a suite that leads out",
      `${one}suites: { api: ../x.json }\n`,
      'suites.api, line 3: "../x.json" is not allowed; a folder below',
    ],
    [
      "an unknown suite",
      `${one}suites: { e2e: x }\n`,
      "suites.e2e, line 3: the key e2e is not known; allowed: api, ui, load",
    ],
    ["a health path without /", `${one}health: [version.json]\n`, 'health.0, line 3: "version.json" is not allowed'],
    [
      "an environment of another name",
      `${one}environments: { test: {} }\n`,
      "environments.test, line 3: the key test is not known; allowed: dev, stage, prod",
    ],
    [
      "an environment that lacks all",
      `${one}environments: { dev: {} }\n`,
      "environments.dev, line 3: appMode is missing",
    ],
    [
      "an unknown mode",
      dev().replace("qa", "test"),
      'environments.dev.appMode, line 4: "test" is not allowed; allowed: development, qa, stage, production',
    ],
    [
      "an address with a path",
      dev().replace("a.example", "a.example/x"),
      'environments.dev.appUrl, line 4: "https://a.example/x" is not allowed; an address without a path',
    ],
    [
      "a port below NodePorts",
      dev(", port: 80"),
      "environments.dev.port, line 4: 80 is out of range; it must be >= 30000",
    ],
    [
      "a test without a suite",
      dev(", tests: [api]"),
      "environments.dev.tests, line 4: api has no suite; name it in suites.api",
    ],
    [
      "a load gate without a plan",
      dev(", gates: { load: {} }"),
      "environments.dev.gates.load, line 4: there is no plan; name it in suites.load",
    ],
    [
      "an unknown gate",
      dev(", gates: { dats: {} }"),
      "environments.dev.gates.dats, line 4: the key dats is not known (did you mean dast?); allowed: load, dast, feedback, analysis",
    ],
    [
      "a real cluster without a region",
      dev(", cluster: shop"),
      "environments.dev, line 4: region is missing: the AWS region of the EKS cluster shop",
    ],
    [
      "two environments in one namespace",
      dev("", '  stage: { appMode: stage, appUrl: "https://b.example", namespace: dev, values: v.yaml }\n'),
      "environments.stage.namespace, line 5: dev of the cluster ephemeral is dev's already",
    ],
    [
      "an environment that extends none",
      dev("", "  stage: { extends: prod }\n"),
      'environments.stage.extends, line 5: there is no environment "prod"; there are: dev, stage',
    ],
    [
      "environments that extend each other",
      dev(", extends: stage", "  stage: { extends: dev }\n"),
      "environments.dev.extends, line 4: circular `extends`: dev → stage → dev",
    ],
    [
      "an environment that extends a name that is none",
      dev("", "  stage: { extends: test, namespace: s }\n"),
      'environments.stage.extends, line 5: there is no environment "test"',
    ],
    [
      "a channel with a blank",
      `${one}notifications: { slack: { channel: "a b" } }\n`,
      'notifications.slack.channel, line 3: "a b" is not allowed; a channel\'s name',
    ],
    [
      "a step that nobody is told of",
      `${one}notifications: { slack: { channel: a, on: [deploy] } }\n`,
      'notifications.slack.on.0, line 3: "deploy" is not allowed; allowed: pr, publish',
    ],
    [
      "a suppression without an end",
      `${one}suppressions:\n  - { rule: G404, path: services/a, reason: "it is no secret" }\n`,
      "suppressions.0, line 3: until is missing",
    ],
    [
      "a suppression without a reason to speak of",
      `${one}suppressions:\n  - { rule: G404, path: a, reason: "", until: 2027-01-31 }\n`,
      "suppressions.0.reason, line 4: must NOT have fewer than 10 characters",
    ],
    [
      "a suppression that ends on no day",
      `${one}suppressions:\n  - { rule: G404, path: a, reason: "it is no secret", until: 2027-13-01 }\n`,
      'suppressions.0.until, line 4: "2027-13-01" is not allowed; a day, such as',
    ],
    [
      "an unknown severity",
      `${one}gates: { sast: { severity: critical } }\n`,
      'gates.sast.severity, line 3: "critical" is not allowed; allowed: high, medium, low',
    ],
    [
      "an unknown severity of vulnerabilities",
      `${one}gates: { dependencies: { severity: critical } }\n`,
      'gates.dependencies.severity, line 3: "critical" is not allowed; allowed: high, medium, low',
    ],
    [
      "an unknown end of what is inconclusive",
      `${one}gates: { dependencies: { inconclusive: ignore } }\n`,
      'gates.dependencies.inconclusive, line 3: "ignore" is not allowed; allowed: warn, fail',
    ],
    [
      "a licence that is none",
      `${one}gates: { dependencies: { licences: { allow: [MIT, "(GPL"] } } }\n`,
      'gates.dependencies.licences.allow.1, line 3: "(GPL" is not allowed; an SPDX name, such as Apache-2.0, or unknown',
    ],
    [
      "a list of licences that is a word",
      `${one}gates: { dependencies: { licences: { deny: MIT } } }\n`,
      'gates.dependencies.licences.deny, line 3: "MIT" is not a list',
    ],
    [
      "a database that is elsewhere",
      `${one}gates: { dependencies: { database: { go: ../vulndb } } }\n`,
      'gates.dependencies.database.go, line 3: "../vulndb" is not allowed; an address, such as https://vuln.go.dev, or a folder',
    ],
    [
      "a registry that is no address",
      `${one}gates: { dependencies: { database: { npm: registry } } }\n`,
      'gates.dependencies.database.npm, line 3: "registry" is not allowed; an address, such as',
    ],
    [
      "a service called dependencies",
      "services:\n  dependencies: { path: x, kind: go }\n",
      "services.dependencies, line 2: the name is taken by the stage dependencies",
    ],
    [
      "a condition that is none",
      `${one}gates: { quality: { conditions: ["bugs = 0"] } }\n`,
      'gates.quality.conditions.0, line 3: "bugs = 0" is not allowed; a metric of SonarQube\'s, > or <, and a number',
    ],
    [
      "a gate of quality without a condition",
      `${one}gates: { quality: { conditions: [] } }\n`,
      "gates.quality.conditions, line 3: must NOT have fewer than 1 items",
    ],
    [
      "a branch with a blank",
      `${one}branches: { develop: "a b" }\n`,
      'branches.develop, line 3: "a b" is not allowed; a branch name',
    ],
    [
      "a need of a running service that is none",
      "services:\n  a: { path: x, kind: go, run: { needs: [mysql] } }\n  b: { path: y, kind: go, run: {} }\n",
      'services.a.run.needs, line 2: "mysql" is not allowed; allowed: postgres, redis, b',
    ],
    [
      "a need of a service that does not run",
      "services:\n  a: { path: x, kind: go, run: { needs: [b] } }\n  b: { path: y, kind: go }\n",
      'services.a.run.needs, line 2: "b" is not allowed; allowed: postgres, redis',
    ],
    [
      "services that need each other",
      "services:\n  a: { path: x, kind: go, run: { needs: [b] } }\n  b: { path: y, kind: go, run: { needs: [a] } }\n",
      "services.a.run.needs, line 2: circular needs: a → b → a",
    ],
    [
      "a port that is none",
      "services:\n  a: { path: x, kind: go, run: { port: 0 } }\n",
      "services.a.run.port, line 2: 0 is out of range; it must be >= 1",
    ],
    [
      "a variable with a dash",
      "services:\n  a: { path: x, kind: go, run: { env: { A-B: c } } }\n",
      'services.a.run.env.A-B, line 2: the name "A-B" is not allowed; a variable: letters, digits and _',
    ],
    [
      "a variable that is a number",
      "services:\n  a: { path: x, kind: go, run: { env: { A: 1 } } }\n",
      "services.a.run.env.A, line 2: 1 is not a text",
    ],
    [
      "a command before it without arguments",
      "services:\n  a: { path: x, kind: go, run: { before: {} } }\n",
      "services.a.run.before, line 2: args is missing",
    ],
    [
      "an entry that does not run",
      `${one}product: { entry: a }\n`,
      'product.entry, line 3: "a" is not allowed; allowed: none; no service has `run`',
    ],
    ["a product without an entry", `${one}product: {}\n`, "product, line 3: entry is missing"],
    [
      "a chart's value that is no path",
      `${one}chart:\n  values: { image: "a b" }\n`,
      'chart.values.image, line 4: "a b" is not allowed; a path of chart values, such as image.tag',
    ],
    [
      "a chart's image without a tag",
      `${one}chart:\n  images: [postgres]\n`,
      'chart.images.0, line 4: "postgres" is not allowed; an image with a tag',
    ],
    [
      "a misspelt key of the chart",
      `${one}chart: { pth: x }\n`,
      "chart.pth, line 3: the key pth is not known (did you mean path?); allowed: path, ephemeral, images, values, faults",
    ],
    [
      "a misspelt key of a suite",
      `${one}suites: { api: { collection: x, folder: [a] } }\n`,
      "suites.api.folder, line 3: the key folder is not known (did you mean folders?); allowed: collection, folders",
    ],
    ["a suite without its file", `${one}suites: { api: {} }\n`, "suites.api, line 3: collection is missing"],
    ["an address without a name", `${one}health:\n  - { path: /version }\n`, "health.0, line 3: name is missing"],
    [
      "an address with the name of another",
      `${one}health:\n  - { name: a, path: /a }\n  - { name: a, path: /b }\n`,
      "health.1, line 3: a is the name of another address; each has its own",
    ],
    [
      "a seed that is no path",
      dev(", gates: { dast: { seeds: [api] } }"),
      'environments.dev.gates.dast.seeds.0, line 4: "api" is not allowed; a path that begins with /, without a blank',
    ],
    [
      "a gate of feedback without a path",
      dev(", gates: { feedback: { blocker: 0 } }"),
      "environments.dev.gates.feedback, line 4: path is missing",
    ],
    [
      "a metric that is none",
      dev(", gates: { analysis: { requests: http-requests } }"),
      'environments.dev.gates.analysis.requests, line 4: "http-requests" is not allowed; the name of a Prometheus metric',
    ],
    [
      "two Secrets",
      dev(", secrets: { a: { b: random }, c: { d: random } }"),
      "environments.dev.secrets, line 4: must NOT have more than 1 properties",
    ],
    [
      "a Secret with a capital",
      dev(", secrets: { Database: { b: random } }"),
      'environments.dev.secrets.Database, line 4: the name "Database" is not allowed; the name of a Kubernetes Secret',
    ],
    [
      "a Secret's key with a blank",
      dev(', secrets: { database: { "a b": random } }'),
      'environments.dev.secrets.database.a b, line 4: the name "a b" is not allowed; a key of a Kubernetes Secret',
    ],
    [
      "a fault that is none",
      `${one}rehearsal: { faults: [a.LATENCY=1s] }\n`,
      'rehearsal.faults.0, line 3: "a.LATENCY=1s" is not allowed; <service>.<VARIABLE>=<value>, such as',
    ],
    ["a baseline without migrations", `${one}baseline: { file: x }\n`, "baseline, line 3: migrations is missing"],
    ["a tab", "services:\n\ta: 1\n", "line 2: Tabs are not allowed as indentation"],
    ["a key twice", "services:\n  a: { path: x, kind: go }\nservices: {}\n", "line 3: Map keys must be unique"],
    [
      "an open brace",
      "services: { a: 1\n",
      "line 2: Flow map in block collection must be sufficiently indented and end with a }",
    ],
  ])("with %s is refused with its place", (_, text, fault) => {
    const faults = faultsOf(text)
    expect(
      faults.some((found) => found.startsWith(fault)),
      faults.join("\n"),
    ).toBe(true)
  })

  it("that extends an environment has its settings, and tells of a fault where it stands", () => {
    const text = dev(
      ", gates: { load: { users: 3, p95: 100 } }, port: 30090",
      "  stage: { extends: dev, namespace: stage, gates: { load: { p95: 200 } } }\nsuites: { load: x.jmx }\n",
    )
    expect(parseConfig(text).environments.stage).toMatchObject({
      appMode: "qa",
      port: 30090,
      namespace: "stage",
      gates: { load: { users: 3, p95: 200, duration: 30 } },
    })
    expect(faultsOf(text.replace("users: 3", "users: 0"))).toEqual([
      "environments.dev.gates.load.users, line 4: 0 is out of range; it must be >= 1",
    ])
  })

  it("can be printed as it takes effect, with where each value comes from", () => {
    const text = effectiveConfig(
      dev(", port: 30090", "  stage: { extends: dev, namespace: stage }\ngates: { coverage: { service: 70 } }\n"),
    )
    const origin = (row: string) => new RegExp(`^ *${row} +# (.*)$`, "m").exec(text)?.[1]
    expect(origin("path: services/a")).toBe("line 2")
    expect(origin("coverage: 70")).toBe("gates.coverage.service, line 6")
    expect(origin("total: 80")).toBe("default")
    expect(text.slice(text.indexOf("  stage:"))).toMatch(/port: 30090 +# environments.dev, line 4/)
    expect(origin("namespace: stage")).toBe("line 5")
    expect(parseConfig(text.replace(/^ {4}extends.*$/m, "").replace(/^gates/m, "gates"))).toBeDefined()
  })

  it("may have settings in a short form, which are printed in full with their line", () => {
    const text = `${one}chart: ./charts/shop/\nhealth: [/version.json, /api/menu/version, /]\nsuites: { api: tests.json }\n`
    expect(parseConfig(text)).toMatchObject({
      chart: { path: "charts/shop", images: [], values: { image: "images.<service>" } },
      health: [
        { name: "version.json", path: "/version.json" },
        { name: "api-menu-version", path: "/api/menu/version" },
        { name: "page", path: "/" },
      ],
      suites: { api: { collection: "tests.json", folders: [] } },
      rehearsal: { probe: "/version.json" },
    })
    const printed = effectiveConfig(text)
    expect(printed).toMatch(/^ {2}path: charts\/shop +# line 3$/m)
    expect(printed).toMatch(/^ {4}collection: tests.json +# line 5$/m)
    expect(printed).toMatch(/^ {4}folders: \[\] +# default$/m)
  })

  it("describes how the product runs", () => {
    const text = `services:
  api: { path: a, kind: go, image: true, run: { needs: [postgres], before: { args: [migrate] } } }
  web: { path: w, kind: node, image: true, run: { port: 80, config: nginx.conf, needs: [api] } }
product: { entry: web, demo: { DEMO: "true" } }
`
    const { services, product } = parseConfig(text)
    expect(services.api!.run).toEqual({
      port: 8080,
      needs: ["postgres"],
      env: {},
      before: { args: ["migrate"], env: {} },
    })
    expect(services.web!.run).toEqual({ port: 80, config: "nginx.conf", needs: ["api"], env: {} })
    expect(product).toEqual({
      entry: "web",
      env: {},
      demo: { DEMO: "true" },
      postgres: { database: "product", env: {} },
    })
  })

  it("lists all its faults at once", () => {
    const faults = faultsOf("services:\n  A: { path: /x, kind: c }\nfoo: 1\ntimeouts: { test: no }\n")
    expect(faults).toHaveLength(5)
    expect(new ConfigError(faults).message).toContain("delivery.yaml has 5 faults:\n  - ")
  })
})
