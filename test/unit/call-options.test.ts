// `npm run pipeline`: flat options become constructor, builders and function of ci; errors are printed whole.
// inputs: engine/src ci/src/index.ts
import { readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { describe, expect, it } from "vitest"
import { builders, callOf, optionsOf, pipelines } from "../../engine/src/call-options"
import { Errors } from "../../engine/src/errors"

const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)

/** The functions of the class Delivery with their arguments, as the CLI spells them. */
const functions = (): Map<string, string[]> => {
  const path = join(import.meta.dirname, "../../ci/src/index.ts")
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true)
  const main = file.statements.find((one) => ts.isClassDeclaration(one) && one.name?.text === "Delivery")
  const methods = (main as ts.ClassDeclaration).members.filter(ts.isMethodDeclaration)
  return new Map(
    methods.map(({ name, parameters }) => [
      kebab(name.getText()),
      parameters.map((parameter) => kebab(parameter.name.getText())),
    ]),
  )
}

describe("the table of options", () => {
  it.each(Object.entries(pipelines))("knows what %s takes", (name, { options }) =>
    expect([...options].sort()).toEqual([...functions().get(name)!].sort()),
  )
  it.each(Object.entries(builders))("knows what %s takes", (name, options) => {
    const given = name === "with-secret" ? ["name", "value"] : Object.values(options)
    expect(functions().get(name)).toEqual(given)
  })
})

describe("a call", () => {
  it("gives the source to the constructor and options to the function", () =>
    expect(callOf("pr", "/shop", ["--only", "lint", "--only=test", "--all"])).toEqual([
      "--source=/shop",
      "pr",
      "--only=lint",
      "--only=test",
      "--all",
    ]))
  it("gives access to builders before the function", () =>
    expect(
      callOf("prod", "/shop", [
        ...["--release=abc", "--record-key", "env://KEY", "--registry-user=ci", "--registry-password=env://PASSWORD"],
        ...["--secret", "db_user=env://DB_USER", "--secret=db_password=env://DB_PASSWORD", "--kubeconfig=file://k"],
      ]),
    ).toEqual([
      "--source=/shop",
      ...["with-registry", "--user=ci", "--password=env://PASSWORD", "with-record-key", "--key=env://KEY"],
      ...["with-cluster", "--kubeconfig=file://k"],
      ...["with-secret", "--name=db_user", "--value=env://DB_USER"],
      ...["with-secret", "--name=db_password", "--value=env://DB_PASSWORD"],
      ...["prod", "--release=abc"],
    ]))
  it("refuses an option that the pipeline does not have, and lists those that it has", () => {
    expect(() => callOf("rollback", "/shop", ["--release=abc"])).toThrow(
      "rollback: --release=abc is not an option; allowed: --source --reports --environment --registry ",
    )
    expect(() => callOf("pr", "/shop", ["lint"])).toThrow(
      "pr: lint is not an option; allowed: --source --reports --only",
    )
    expect(optionsOf("publish")).toContain("--netrc")
  })
  it("refuses an option without its value", () => {
    expect(() => callOf("pr", "/shop", ["--only"])).toThrow("pr: --only has no value")
    expect(() => callOf("dev", "/shop", ["--secret=env://DB_USER"])).toThrow("--secret: NAME=VALUE is expected")
  })
})

describe("an error of the CLI", () => {
  const textOf = (...lines: string[]): string => {
    const errors = new Errors()
    for (const line of lines) errors.read(line)
    return errors.text()
  }
  it("keeps all its lines, without the trace and without progress", () =>
    expect(
      textOf(
        "12  : Delivery.pr: DeliveryPipeline!",
        "12  : ! no delivery.yaml in the source. The least is:",
        "services:",
        "12  : Delivery.pr ERROR [0.3s]",
        "Error: no delivery.yaml in the source. The least is:",
        "services:",
        "  <name>: { path: <folder>, kind: go } [traceparent:4ce3-01]",
      ),
    ).toBe("Error: no delivery.yaml in the source. The least is:\nservices:\n  <name>: { path: <folder>, kind: go }"))
  it("is empty if there is none", () => expect(textOf("12  : Delivery.pr DONE [0.3s]", "")).toBe(""))
})
