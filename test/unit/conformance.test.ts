// Holds all modules to one vocabulary: the table "Vocabulary of modules" in CONTRIBUTING.md. Each test lists every
// violation with its file and line, and what to write instead.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { moduleNames } from "../../engine/src/sync"
import { readApi, type Argument, type Member, type ModuleApi } from "../lib/module-api"

const root = join(import.meta.dirname, "../..")

/** What a function of a name returns, in every module that has one. */
const functions: Record<string, RegExp> = {
  check: /^(Result|Report|string)$/,
  lint: /^Result$/,
  typecheck: /^Result$/,
  test: /^Result$/,
  build: /^(Result|Directory|File|Container)$/,
  scan: /^Result$/,
  fix: /^Changeset$/,
  run: /^Result$/,
  analyze: /^Result$/,
  exec: /^(Container|string)$/,
  base: /^Container$/,
  cachedCheck: /^string$/,
  cachedScan: /^string$/,
  cachedSbom: /^string$/,
}

/** The type of an argument of a name, in every function that has one. */
const args: Record<string, RegExp> = {
  service: /^Service$/,
  serviceName: /^string$/,
  nonce: /^string$/,
  attempt: /^string$/,
  deadline: /^number$/,
  timeout: /^number$/,
  source: /^Directory$/,
  image: /^(string|Container)$/,
  args: /^string\[\]$/,
}

/** Function names that are not allowed, and what to write instead. A module's own name is one of them. */
const renamedFunctions: Record<string, string> = {
  detect: "scan",
  files: "scanFiles",
  fmt: "fix",
  format: "lint",
  security: "scan",
  analyse: "analyze",
  put: "pushFiles",
  get: "pullFiles",
  lintAll: "lint",
  cli: "exec",
  scanner: "exec",
  keptCheck: "cachedCheck",
  keptScan: "cachedScan",
  keptSbom: "cachedSbom",
  ...Object.fromEntries(
    ["go", "npm", "psql", "kubectl", "eslint", "govulncheck", "gomod", "checkov"].map((tool) => [tool, "exec"]),
  ),
}

/** Argument names that are not allowed, and what to write instead. */
const renamedArguments: Record<string, string> = {
  again: "nonce",
  asked: "nonce",
  until: "deadline",
  target: "service",
  targetName: "serviceName",
  server: "service",
  clusterName: "serviceName",
  proxy: "service",
  proxyName: "serviceName",
  registryName: "serviceName",
}

/** Go's keywords (https://go.dev/ref/spec#Keywords): Dagger's Go SDK makes a parameter of the same name of a required argument. */
const goKeywords = [
  ...[
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
  ],
  ...["if", "import", "interface", "map", "package", "range", "return", "select", "struct", "switch", "type", "var"],
]

/** Arguments of type Service that are not a service to reach: the object that an earlier function returned. */
const ownServices = ["health.probed.probe", "slack.accepted.standIn"]

const apis = moduleNames().map((name): [string, ModuleApi] => [name, readApi(name)])
const mainMembers = (api: ModuleApi): (Member & { args: Argument[] })[] =>
  (api.objects.get(api.main) ?? []).flatMap((member) => (member.args ? [{ ...member, args: member.args }] : []))
const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

describe.each(apis)("module %s", (module, api) => {
  const members = mainMembers(api)
  const each = (judge: (member: (typeof members)[number]) => string[]): string[] =>
    members.flatMap((member) => judge(member).map((problem) => `${member.place}: ${member.name}: ${problem}`))

  it("names its functions by the vocabulary", () =>
    expect(
      each(({ name, type, args: given }) => {
        const better = name === camel(module) ? "exec" : renamedFunctions[name]
        // v0.19.10 generates two fields `query` of one Go struct, and no caller in Go compiles.
        if (name === "query" && /^(string|number|float|boolean)$/.test(type)) return ["breaks every client in Go"]
        const isEscape = given.some((one) => one.name === "args" && one.type === "string[]" && !one.optional)
        if (better !== undefined) return [`the name is "${better}"`]
        return isEscape && name !== "exec" ? ['a function that takes the tool\'s own arguments is "exec"'] : []
      }),
    ).toEqual([]))

  it("returns what the name of a function says", () =>
    expect(
      each(({ name, type }) => {
        if (name.startsWith("with") && type !== api.main) return [`a builder returns ${api.main}, not ${type}`]
        const allowed = functions[name]
        return allowed && !allowed.test(type) ? [`returns ${type}; allowed: ${allowed.source}`] : []
      }),
    ).toEqual([]))

  it("names its arguments by the vocabulary", () =>
    expect(
      each(({ name, args: given }) =>
        given.flatMap((one) => {
          const isOwn = ownServices.includes(`${module}.${name}.${one.name}`)
          const better = renamedArguments[one.name]
          if (better !== undefined) return [`the argument ${one.name} is "${better}"`]
          if (one.type === "Service" && one.name !== "service" && !isOwn)
            return [`the argument ${one.name} is a Service to reach: its name is "service"`]
          const allowed = args[one.name]
          return allowed && !allowed.test(one.type) ? [`${one.name} is ${one.type}; allowed: ${allowed.source}`] : []
        }),
      ),
    ).toEqual([]))

  it("takes no argument that a caller in Go cannot name", () =>
    expect(
      each(({ args: given }) =>
        (given ?? [])
          .filter(({ name, optional }) => !optional && goKeywords.includes(name))
          .map(({ name }) => `the argument ${name} is a keyword of Go`),
      ),
    ).toEqual([]))

  it("takes no parallel lists", () => expect(each(({ args: given }) => parallelLists(given))).toEqual([]))

  it("has help with an example call for each function, and with an example for each argument that is a text of its own", () =>
    expect(
      each(({ name, help, args: given }) => [
        ...(name === "constructor" || help.includes("Example: `dagger ") ? [] : ["help has no example call"]),
        ...given.flatMap((one) => {
          if (one.help === "") return [`no @param for ${one.name}`]
          const isKnown = one.name === "name" || (one.name in args && one.name !== "args")
          const needsExample = /^string(\[\])?$/.test(one.type) && !isKnown
          return needsExample && !one.help.includes("`") ? [`@param ${one.name} shows no example in backquotes`] : []
        }),
      ]),
    ).toEqual([]))

  it("has help for each field of its results", () =>
    expect(
      [...api.objects.values()]
        .flat()
        .flatMap(({ help, name, place }) =>
          help === "" && name !== "constructor" ? [`${place}: ${name} has no help`] : [],
        ),
    ).toEqual([]))

  it("keeps its documents, examples and tests out of the key of cached calls", () => {
    const { include } = JSON.parse(readFileSync(join(root, "modules", module, "dagger.json"), "utf8")) as {
      include?: string[]
    }
    expect(include).toEqual(expect.arrayContaining(["!README.md", "!CHANGELOG.md", "!examples", "!test"]))
  })

  it("has the one Result", () => {
    const own = readFileSync(join(root, "modules", module, "src/index.ts"), "utf8")
    expect(own.match(/export class (Result|Report)\b/g) ?? []).toEqual([])
  })

  it("has a README, a changelog and callers in shell, TypeScript and Go", () =>
    expect(
      ["README.md", "CHANGELOG.md", ...["shell.sh", "typescript.ts", "go.go"].map((file) => `examples/${file}`)].filter(
        (file) => !existsSync(join(root, "modules", module, file)),
      ),
    ).toEqual([]))
})

describe("the vocabulary in CONTRIBUTING.md", () => {
  const table = /### Vocabulary of modules\n([\s\S]*?)\n##/.exec(
    readFileSync(join(root, "CONTRIBUTING.md"), "utf8"),
  )![1]!
  const words = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`(\w+)`/g)])
  it.each([
    "check",
    "lint",
    "test",
    "build",
    "scan",
    "fix",
    "run",
    "analyze",
    "exec",
    "base",
    "service",
    "serviceName",
  ])("explains %s", (word) => expect(words.map(([, one]) => one)).toContain(word))
  it.each(["nonce", "attempt", "deadline", "cachedCheck", "cachedScan", "cachedSbom"])("explains %s", (word) =>
    expect(words.map(([, one]) => one)).toContain(word),
  )
})

/** Lists of which one belongs to another by position. A builder that is called once for each pair reads better. */
function parallelLists(given: Argument[]): string[] {
  const lists = given.filter(({ type }) => type.endsWith("[]"))
  return lists.flatMap(({ name, type }) => {
    const others = lists.filter((other) => other.name !== name).map((other) => other.name)
    if (others.length === 0) return []
    const belongs = /(?:Name|Names|Keys|Limits|Units)$|^(?:names|limits|units|timeouts)$/.test(name)
    const isObjects = /^(?:Secret|Service|Directory|Container)\[\]$/.test(type)
    return belongs || isObjects ? [`${name} is parallel to one of ${others.join(", ")}: use a builder (with…)`] : []
  })
}
