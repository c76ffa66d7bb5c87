// The types of `dag` that `npm run typecheck` derives from the modules' sources.
import { describe, expect, it } from "vitest"
import { clientTypes } from "../../engine/src/client-types"

const client = (source: string, name = "golangci-lint"): string =>
  clientTypes([{ name, sources: new Map([["index.ts", source]]) }], "dagger")

describe("the client's types", () => {
  it("name objects as Dagger's code generator does", () => {
    const text = client(`
      @object() export class Result { @func() passed: boolean; secret: string }
      @object() export class GolangciLint { @func() async lint(): Promise<Result> {} }
    `)
    expect(text).toContain("golangciLint(): GolangciLint")
    expect(text).toContain("export declare class GolangciLintResult {")
    expect(text).toContain("lint(): GolangciLintResult")
    expect(text).toContain("passed(): Promise<boolean>")
    expect(text).not.toContain("secret")
  })

  it("take required arguments by position and optional ones as an object", () => {
    const text = client(`
      @object() export class GolangciLint {
        @func() async run(
          @argument({ defaultPath: "/" }) source: Directory, name: string, limit = 3, file?: File, all: boolean = false,
        ): Promise<string[]> {}
      }
    `)
    expect(text).toContain(
      "run(name: string, opts?: { source?: core.Directory; limit?: number; file?: core.File; all?: boolean }): Promise<string[]>",
    )
  })

  it("promise lists and scalars, and give objects of the API at once", () => {
    const text = client(`
      @object() export class GolangciLint {
        @func() async base(): Promise<Container> {}
        @func() async all(): Promise<Container[]> {}
        @func() seconds: float
        @func() package(): File {}
      }
    `)
    expect(text).toContain("base(): core.Container")
    expect(text).toContain("all(): Promise<core.Container[]>")
    expect(text).toContain("seconds(): Promise<number>")
    expect(text).toContain("package_(): core.File")
  })

  it("refuse a module without its main class", () =>
    expect(() => client("export class X {}", "slack")).toThrow("modules/slack: no @object() class named Slack"))
})
