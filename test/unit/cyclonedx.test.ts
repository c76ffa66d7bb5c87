// The module cyclonedx without an engine: the skeleton of a Go module, SBOMs merged and compared, licences listed.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import {
  byLicence,
  describeDifference,
  difference,
  differenceText,
  licencesText,
  mergedBom,
  readComponents,
  withVersions,
} from "../../modules/cyclonedx/src/sbom"
import { localReplaces, moduleName } from "../../modules/shared/gomod"
import { cleanPaths } from "../../modules/shared/gosource"
import {
  foreignImports,
  importing,
  joinedSums,
  listScript,
  readPackages,
  requiring,
} from "../../modules/shared/skeleton"

const bom = (name: string, components: object[], dependencies: object[] = []): string =>
  JSON.stringify({
    bomFormat: "CycloneDX",
    metadata: { component: { "bom-ref": name, name, purl: `pkg:golang/${name}` } },
    components,
    dependencies,
  })
const go = (name: string, version: string, licence?: string) => ({
  "bom-ref": `${name}@${version}`,
  name,
  version,
  purl: `pkg:golang/${name}@${version}?type=module`,
  ...(licence ? { licenses: [{ license: { id: licence } }] } : {}),
})

describe("the skeleton of a Go module", () => {
  /** Runs the script with a `go` whose first `list -deps` fails with some words. */
  const list = (words: string) => {
    const folder = mkdtempSync(join(tmpdir(), "list-"))
    const go = `go() { case "$*" in "list -e -deps "*) echo "import a/b";; "list -deps "*) printf '${words}' >&2; return 1;; esac; }`
    const command = ["-c", `${go}\n${listScript}`, "list", join(folder, "packages.txt"), "template"]
    const { status, stderr } = spawnSync("bash", command, { encoding: "utf8" })
    return { status, stderr, printed: readFileSync(join(folder, "packages.txt"), "utf8") }
  }
  it("has all imports where only embedded files are missing", () => {
    const { status, printed } = list("web/page.go:9:12: pattern dist/*: no matching files found\\n")
    expect({ status, imports: readPackages(printed).imports }).toEqual({ status: 0, imports: ["a/b"] })
  })
  it("is none where a package is missing too", () =>
    expect(list("a.go:3:2: no required module provides package x\\n")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no required module provides package x"),
    }))
  it("has the imports of other modules' packages and of Go's own, each once, and nothing that go said beside", () =>
    expect(
      foreignImports(
        "fmt\nexample.com/api/price\ngithub.com/a/b\ngo: downloading github.com/a/b v1.0.0\n" +
          "github.com/a/b\nexample.com/kit\nexample.com/kitchen\nC\nnet/http\n",
        ["example.com/api", "example.com/kit"],
      ),
    ).toEqual(["example.com/kitchen", "fmt", "github.com/a/b", "net/http"]))
  it("is a file that imports them", () =>
    expect(importing(["a.b/c"])).toBe('package dependencies\n\nimport (\n\t_ "a.b/c"\n)\n'))
  it("knows a module's name and the folders that it takes modules from", () => {
    expect(moduleName("// x\nmodule example.com/a // why\n\ngo 1.26\n")).toBe("example.com/a")
    expect(localReplaces("replace example.com/kit => ../kit\n")).toEqual(["../kit"])
  })
})

describe("what go list prints of a module", () => {
  const printed =
    "go 1.26.8 X:jsonv2\nown example.com/ship\nimport fmt\nimport github.com/a/b\n\nown example.com/keel\nimport fmt\n" +
    "module github.com/a/b v1.2.0\nmodule x.org/c v1.0.0 x.org/fork v1.0.1\ncgo\nmodule x.org/c v1.0.0 x.org/fork v1.0.1\n"
  const packages = readPackages(printed)
  it("is read by line", () =>
    expect(packages).toEqual({
      own: ["example.com/ship", "example.com/keel"],
      imports: ["fmt", "github.com/a/b"],
      modules: [
        { name: "github.com/a/b", version: "v1.2.0" },
        { name: "x.org/c", version: "v1.0.0", replacement: { name: "x.org/fork", version: "v1.0.1" } },
      ],
      cgo: true,
      newer: false,
      goVersion: "1.26.8",
    }))
  it("makes a go.mod that requires what a workspace has selected", () =>
    expect(requiring("example.com/ship", packages)).toBe(
      "module example.com/ship\n\ngo 1.26.8\n\nrequire (\n\tgithub.com/a/b v1.2.0\n\tx.org/c v1.0.0\n)\n" +
        "\nreplace (\n\tx.org/c v1.0.0 => x.org/fork v1.0.1\n)\n",
    ))
  it("makes a go.mod that finds vendored modules in folders", () =>
    expect(
      requiring(
        "ship",
        { goVersion: "1.26.8", modules: [{ name: "a.b/c", version: "v1.0.0" }] },
        (name) => `vendored/${name}`,
      ),
    ).toBe(
      "module ship\n\ngo 1.26.8\n\nrequire (\n\ta.b/c v1.0.0\n)\n\nreplace (\n\ta.b/c v1.0.0 => ./vendored/a.b/c\n)\n",
    ))
  it("needs the checksums of all modules, each once", () => {
    expect(joinedSums(["b v1 h1:2\na v1 h1:1\n", "", "b v1 h1:2\n"])).toBe("a v1 h1:1\nb v1 h1:2\n")
    expect(joinedSums([""])).toBe("")
  })
})

describe("an SBOM of vendored modules", () => {
  const text = JSON.stringify({
    components: [
      { "bom-ref": "pkg:golang/a.b/c?type=module", name: "a.b/c", purl: "pkg:golang/a.b/c?goos=linux" },
      { "bom-ref": "d", name: "d", version: "v2.0.0", purl: "pkg:golang/d@v2.0.0" },
    ],
    dependencies: [{ ref: "root", dependsOn: ["pkg:golang/a.b/c?type=module", "d"] }, { ref: "d" }],
  })
  it("has the versions of modules that the tool has seen as folders", () => {
    const { components, dependencies } = JSON.parse(withVersions(text, { "a.b/c": "v1.0.0", d: "v1.0.0" })) as {
      components: { name: string; version: string; purl: string }[]
      dependencies: unknown
    }
    expect(components.map(({ purl, version }) => [purl, version])).toEqual([
      ["pkg:golang/a.b/c@v1.0.0?type=module", "v1.0.0"],
      ["pkg:golang/d@v2.0.0", "v2.0.0"],
    ])
    expect(dependencies).toEqual([
      { ref: "root", dependsOn: ["pkg:golang/a.b/c@v1.0.0?type=module", "d"] },
      { ref: "d" },
    ])
  })
  it("is left as it is without them", () => expect(withVersions(text, {})).toBe(text))
})

describe("the folders whose dependencies are asked of", () => {
  it("are each looked at once, however they are written", () =>
    expect(cleanPaths(["services/api", "./services/api/", "./", ".", "web//"])).toEqual(["services/api", ".", "web"]))
})

describe("an SBOM of several", () => {
  const whole = mergedBom([
    {
      manifest: "services/a/go.mod",
      text: bom(
        "example.com/a",
        [go("github.com/x/y", "v1.0.0", "MIT"), go("example.com/b", "v0.0.0")],
        [{ ref: "example.com/a", dependsOn: ["github.com/x/y@v1.0.0"] }],
      ),
    },
    {
      manifest: "services/b/go.mod",
      text: bom("example.com/b", [go("github.com/x/y", "v1.0.0", "MIT"), go("github.com/x/z", "v2.0.0")]),
    },
    {
      manifest: "web/package-lock.json",
      text: JSON.stringify({
        metadata: { component: { name: "web" } },
        components: [
          {
            name: "p",
            version: "1.0.0",
            group: "@s",
            purl: "pkg:npm/%40s/p@1.0.0",
            licenses: [{ expression: "(MIT OR X11)" }],
            components: [{ name: "q", version: "2.0.0", purl: "pkg:npm/q@2.0.0" }],
          },
        ],
      }),
    },
  ])
  const components = readComponents(whole)
  it("has each dependency once, with what has it, and none of the repository's own", () =>
    expect(
      components.map(({ kind, name, version, licences, manifests }) => [kind, name, version, licences, manifests]),
    ).toEqual([
      ["golang", "github.com/x/y", "v1.0.0", ["MIT"], ["services/a/go.mod", "services/b/go.mod"]],
      ["golang", "github.com/x/z", "v2.0.0", [], ["services/b/go.mod"]],
      ["npm", "@s/p", "1.0.0", ["(MIT OR X11)"], ["web/package-lock.json"]],
      ["npm", "q", "2.0.0", [], ["web/package-lock.json"]],
    ]))
  it("says what needs what", () => {
    const { dependencies } = JSON.parse(whole) as { dependencies: { ref: string; dependsOn: string[] }[] }
    expect(dependencies).toContainEqual({ ref: "services/a/go.mod", dependsOn: ["pkg:golang/github.com/x/y@v1.0.0"] })
  })
  it("lists licences, the unknown one among them", () => {
    expect(byLicence(components).map(({ licence, components: list }) => [licence, list.length])).toEqual([
      ["unknown", 2],
      ["(MIT OR X11)", 1],
      ["MIT", 1],
    ])
    expect(licencesText(components)).toContain("MIT (1)\n  github.com/x/y@v1.0.0\n")
  })
})

describe("two lists of dependencies", () => {
  const list = (...names: [string, string, string?][]) =>
    readComponents(
      bom(
        "x",
        names.map(([name, version, licence]) => go(name, version, licence)),
      ),
    )
  const found = difference(
    list(["a.b/c", "v1.0.0"], ["a.b/d", "v1.0.0"]),
    list(["a.b/c", "v1.1.0"], ["a.b/e", "v3.0.0", "ISC"]),
  )
  it("differ by what is added, removed and changed", () => {
    expect(describeDifference(found)).toBe("1 added, 1 removed, 1 changed")
    expect(differenceText(found)).toBe("+ a.b/e v3.0.0 (ISC)\n- a.b/d v1.0.0\n~ a.b/c v1.0.0 → v1.1.0\n")
  })
  it("do not differ when they are the same", () => {
    const none = difference(list(["a.b/c", "v1.0.0"]), list(["a.b/c", "v1.0.0"]))
    expect([describeDifference(none), differenceText(none)]).toEqual([
      "none added, removed or changed",
      "no dependency was added, removed or changed\n",
    ])
  })
})
