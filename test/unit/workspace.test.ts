// What a Go module needs of its source, with and without a go.work: modules/shared/workspace.ts.
import { describe, expect, it } from "vitest"
import { layoutOf, type SourceFiles } from "../../modules/shared/workspace"

/** A source in memory. A Go file's text is the modules that it imports. */
function source(texts: Record<string, string>): SourceFiles {
  return {
    exists: (path) => Promise.resolve(path in texts),
    text: (path) => Promise.resolve(texts[path]!),
    imported: (folder, modules) => {
      const below = Object.entries(texts).filter(
        ([file]) => file.endsWith(".go") && file.startsWith(folder === "." ? "" : `${folder}/`),
      )
      return Promise.resolve(modules.filter((name) => below.some(([, text]) => text.includes(`"${name}`))))
    },
  }
}

const module = (name: string, more = ""): string => `module example.com/${name}\n\ngo 1.26\n${more}`

/** A dock with a crane that requires a hoist, imports a rope without requiring it, and does not know the ferry. */
const dock = {
  "go.work": "go 1.26\n\nuse (\n\t./crane\n\t./lib/hoist // lifts\n\t./lib/rope\n\t./ferry\n)\n",
  "go.work.sum": "",
  "crane/go.mod": module("dock/crane", "require example.com/dock/hoist v0.0.0\n"),
  "crane/go.sum": "",
  "crane/main.go": 'import "example.com/dock/rope/knots"',
  "lib/hoist/go.mod": module("dock/hoist"),
  "lib/rope/go.mod": module("dock/rope"),
  "lib/rope/go.sum": "",
  "ferry/go.mod": module("dock/ferry", "require example.com/dock/hoist v0.0.0\n"),
  "ferry/go.sum": "",
  "tools/go.mod": module("dock/tools"),
}

describe("a module of a workspace", () => {
  it("needs members that it requires or imports, and only the go.mod and go.sum of the others", async () =>
    expect(await layoutOf(source(dock), "crane")).toEqual({
      folders: ["crane", "lib/hoist", "lib/rope"],
      files: ["go.work", "ferry/go.mod", "ferry/go.sum", "go.work.sum"],
      workspace: "go.work",
      isApart: false,
      isVendored: false,
    }))

  it("needs what the members that it needs need", async () => {
    const deep = { ...dock, "lib/hoist/hoist.go": 'import "example.com/dock/ferry"' }
    expect((await layoutOf(source(deep), "crane")).folders).toEqual(["crane", "lib/hoist", "lib/rope", "ferry"])
  })

  it("works alone where the go.work above does not use it", async () =>
    expect(await layoutOf(source(dock), "tools")).toEqual({
      folders: ["tools"],
      files: [],
      workspace: "",
      isApart: true,
      isVendored: false,
    }))

  it("belongs to the nearest go.work, whatever those above use", async () => {
    const nested = { ...dock, "ferry/go.work": "go 1.26\nuse .\n" }
    const layout = await layoutOf(source(nested), "ferry")
    expect(layout).toMatchObject({ folders: ["ferry"], files: ["ferry/go.work"], workspace: "ferry/go.work" })
    const apart = { ...dock, "lib/go.work": "go 1.26\nuse ./rope\n" }
    expect(await layoutOf(source(apart), "lib/hoist")).toMatchObject({ workspace: "", isApart: true })
  })

  it("needs folders that replace modules, in its own go.mod and in go.work, which comes first", async () => {
    const replaced = {
      ...dock,
      "go.work": `${dock["go.work"]}replace example.com/rust => ./third/rust2\n`,
      "crane/go.mod": `${dock["crane/go.mod"]}require example.com/rust v1.0.0\nreplace example.com/rust => ../third/rust\n`,
      "third/rust2/go.mod": module("rust"),
    }
    expect((await layoutOf(source(replaced), "crane")).folders).toContain("third/rust2")
  })

  it("does not need a folder that only another member replaces a module by, even if it is missing", async () => {
    const other = { ...dock, "ferry/go.mod": `${dock["ferry/go.mod"]}replace example.com/oil => ../../oil\n` }
    expect((await layoutOf(source(other), "crane")).folders).toEqual(["crane", "lib/hoist", "lib/rope"])
  })

  it("takes the vendor folder beside go.work along", async () => {
    const vendored = { ...dock, "vendor/modules.txt": "## workspace\n" }
    expect((await layoutOf(source(vendored), "tools")).folders).toEqual(["tools"])
    expect((await layoutOf(source(vendored), "lib/hoist")).folders).toEqual(["lib/hoist", "vendor"])
  })

  it.each([
    ["../winch", "go.work, line 2: uses ../winch, which is outside of the source"],
    ["/home/me/winch", "go.work, line 2: uses /home/me/winch, which is outside of the source"],
    ["./winch", "go.work, line 2: uses ./winch, but the source has no winch/go.mod: add it, or remove it with"],
  ])("is refused where go.work uses %s", async (folder, words) => {
    const broken = { ...dock, "go.work": `go 1.26\nuse ${folder}\nuse ./ferry\n` }
    await expect(layoutOf(source(broken), "ferry")).rejects.toThrow(words)
  })
})

describe("a module without a workspace", () => {
  it("needs its folder and those that replace modules, whatever these replace", async () => {
    const files = {
      "api/go.mod": module(
        "api",
        "replace (\n\texample.com/kit v1.0.0 => ../kit\n\texample.com/b => example.com/c v1.0.0\n)\n",
      ),
      "kit/go.mod": module("kit", "replace example.com/x => ../nowhere\n"),
    }
    const layout = await layoutOf(source(files), "./api/")
    expect(layout).toEqual({ folders: ["api", "kit"], files: [], workspace: "", isApart: false, isVendored: false })
  })

  it.each([
    ["../../kit", "go.mod, line 4: replaces a module by ../../kit, which is not in the source: pass a source"],
    ["../kit", "go.mod, line 4: replaces a module by ../kit, but the source has no kit/go.mod: pass a source"],
    ["/src/kit", "go.mod, line 4: replaces a module by /src/kit, an absolute path, which other machines do not have"],
    ["C:\\kit", "go.mod, line 4: replaces a module by C:\\kit, an absolute path"],
  ])("is refused where it replaces a module by %s", async (folder, words) => {
    const files = { "api/go.mod": module("api", `replace example.com/kit => ${folder}\n`) }
    await expect(layoutOf(source(files), "api")).rejects.toThrow(`api/${words}`)
  })

  it("does not need folders that replace its vendored modules", async () => {
    const files = {
      "api/go.mod": module("api", "replace example.com/kit => ../../kit\n"),
      "api/vendor/modules.txt": "# example.com/kit v0.0.0 => ../../kit\n",
    }
    expect((await layoutOf(source(files), "api")).folders).toEqual(["api"])
  })

  it("is refused where there is no go.mod", async () => {
    await expect(layoutOf(source({}), "api")).rejects.toThrow("the source has no api/go.mod: pass the folder of")
    await expect(layoutOf(source({}), "../api")).rejects.toThrow("the source has no ../api/go.mod")
  })
})
