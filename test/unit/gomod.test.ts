// Reading go.mod files: modules/shared/gomod.ts.
import { describe, expect, it } from "vitest"
import { joined } from "../../modules/shared/folders"
import { localReplaces, moduleName } from "../../modules/shared/gomod"

describe("the folders that a go.mod takes modules from", () => {
  it("are those of replace lines, alone and in a block", () =>
    expect(
      localReplaces(
        "module x\nreplace example.com/kit => ../kit\nreplace (\n\texample.com/a v1.0.0 => ./a/b\n\texample.com/b => example.com/c v1.2.3\n)\n",
      ),
    ).toEqual(["../kit", "./a/b"]))
  it.each([
    ["a commented line", "// replace a => ../a\n", []],
    ["a commented line of a block", "replace (\n\t// a => ../a\n\tb => ../b\n)\n", ["../b"]],
    ["a comment behind", "replace a => ../a // was ../old, => ../older\n", ["../a"]],
    ["a comment behind a requirement", "require a v1.0.0 // => ../a\n", []],
    ["a comment right behind", "replace a => ../a//b\n", ["../a"]],
    ["a quoted path", 'replace "a" => "../with space"\n', ["../with space"]],
    ["a path in backquotes", "replace a => `../a`\n", ["../a"]],
    ["quotes that hold slashes", 'replace a => "..//a" // b\n', ["..//a"]],
    ["a block without a space", "replace(\na => ../a\n)\n", ["../a"]],
    ["an empty block", "replace ()\nreplace a => ../a\n", ["../a"]],
    ["another block between", "replace (\na => ../a\n)\nrequire (\nb v1.0.0\n)\nreplace c => ./c\n", ["../a", "./c"]],
    ["the folder above", "replace a => ..\n", [".."]],
    ["a slash at the end", "replace a => ../a/\n", ["../a/"]],
    ["lines that end as on Windows", "replace a => ../a\r\n", ["../a"]],
    ["another module", "replace a v1.0.0 => b v1.0.0\n", []],
    ["a folder with three dots", "replace a => .../a\n", []],
    ["a line that is not finished", "replace a =>\n", []],
  ])("are read where there is %s", (_, goMod, folders) => expect(localReplaces(goMod)).toEqual(folders))
})

describe("the name of a go.mod's module", () => {
  it.each([
    ["// module x\nmodule example.com/a // why\n\ngo 1.26\n", "example.com/a"],
    ['module "example.com/a"\n', "example.com/a"],
    ["module (\n\texample.com/a\n)\n", "example.com/a"],
    ["go 1.26\n", ""],
    ["", ""],
  ])("of %j is %j", (goMod, name) => expect(moduleName(goMod)).toBe(name))
})

describe("a folder seen from another", () => {
  it.each([
    ["services/api", "../kit", "services/kit"],
    [".", "./a", "a"],
    ["a", "..", "."],
    [".", "../kit", undefined],
    ["a/b", "../../../c", undefined],
  ])("%s joined by %s is %s", (path, rest, folder) => expect(joined(path, rest)).toBe(folder))
})
