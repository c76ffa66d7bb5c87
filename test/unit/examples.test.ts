// The calls that modules show: in READMEs, in help texts and in examples/shell.sh, checked against the modules' functions
// without an engine. TypeScript callers are type-checked by `npm run typecheck`; test/modules/examples.test.ts loads those
// in TypeScript and Go on the engine.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { moduleNames } from "../../engine/src/sync"
import { callsIn, moduleOf, problemsOf } from "../lib/calls"
import { pascal, readApi, type ModuleApi } from "../lib/module-api"

const root = join(import.meta.dirname, "../..")
const apis = new Map(moduleNames().map((name) => [name, readApi(name)]))
const textOf = (module: string, file: string): string => {
  const path = join(root, "modules", module, file)
  return existsSync(path) ? readFileSync(path, "utf8") : ""
}
const problems = (calls: string[]): string[] =>
  calls.flatMap((call) => {
    const module = moduleOf(call)
    // Modules of the tests that stand in for something are not read here.
    if (module === undefined) return []
    const api = apis.get(module)
    return (api ? problemsOf(call, api) : [`there is no module ${module}`]).map((problem) => `${call}: ${problem}`)
  })

describe.each([...apis])("the calls of module %s", (module, api) => {
  it("in its README exist", () => expect(problems(callsIn(textOf(module, "README.md")))).toEqual([]))
  it("in its help exist", () => {
    const help = [...api.objects.values()].flat().map((member) => member.help.replace(/\n/g, " "))
    const calls = help.flatMap((text) => [...text.matchAll(/Example: `(dagger [^`]+)`/g)].map(([, call]) => call!))
    expect(problems(calls)).toEqual([])
  })
  it("in examples/shell.sh exist, and it stops at the first that fails", () => {
    const script = textOf(module, "examples/shell.sh")
    if (script === "") return
    const calls = callsIn(script)
    expect(calls.filter((call) => moduleOf(call) === module).length).toBeGreaterThan(0)
    expect(problems(calls)).toEqual([])
    expect(script).toMatch(/^#!\/bin\/(?:ba)?sh\n/)
    expect(script).toContain("\nset -eu")
  })
  it("in examples/typescript.ts and go.go are in a class and methods that are named by the module", () => {
    const main = pascal(module)
    const typescript = textOf(module, "examples/typescript.ts")
    if (typescript !== "") expect(typescript).toContain(`@object()\nexport class ${main}Example {`)
    const go = textOf(module, "examples/go.go")
    if (go === "") return
    expect(go).toMatch(/^package main\n/)
    const names = [...go.matchAll(/^func (?:\(m \*Examples\) )?(\w+)\(/gm)].map(([, name]) => name!)
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => !name.startsWith(main))).toEqual([])
  })
})

describe("a call", () => {
  const member = (name: string, type: string, args: [string, string, boolean?][] = []) => ({
    ...{ name, type, help: "", place: "" },
    args: args.map(([name, type, optional = false]) => ({ name, type, optional, help: "" })),
  })
  const api: ModuleApi = {
    name: "tool",
    main: "Tool",
    objects: new Map([
      [
        "Tool",
        [
          member("constructor", "", [["serviceName", "string", true]]),
          member("withLogin", "Tool", [["user", "string"]]),
          member("scan", "Result", [
            ["source", "Directory"],
            ["deep", "boolean", true],
            ["args", "string[]", true],
          ]),
          member("report", "File", [["source", "Directory"]]),
        ],
      ],
      ["Result", [member("verdict", "string")]],
    ]),
  }
  it.each([
    "scan --source . verdict",
    "scan --source=. --deep verdict",
    "scan --args=--x,--y --source . verdict | tee x --nonsense",
    'with-login --user "a b" scan --source . --deep=false verdict',
    "--service-name a scan --source . verdict > out",
    "report --source . export --path out --anything",
    "report --source . contents",
  ])("is right: %s", (call) => expect(problemsOf(`dagger -m modules/tool call ${call}`, api)).toEqual([]))
  it.each([
    ["scann --source .", "there is no scann; there is constructor, with-login, scan, report"],
    ["scan --src . verdict", "scan has no --src; it has --source, --deep, --args"],
    ["scan verdict", "scan needs --source"],
    ["scan --source . verdicts", "there is no verdicts; there is verdict"],
    ["with-login scan --source . verdict", "with-login needs --user"],
    ["report contents", "report needs --source"],
    ["scan --source . verdict --loud", "verdict has no --loud; it has none"],
  ])("is wrong: %s", (call, problem) =>
    expect(problemsOf(`dagger -m modules/tool call ${call}`, api)).toEqual([problem]),
  )
})
