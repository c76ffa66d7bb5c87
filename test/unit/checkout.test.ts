// Which files of a checkout are sources, and which checkouts are refused: the script that the container runs, with the git here.
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { checkoutFaults, folderFaults, linkedFrom, readCheckout, sourceScript } from "../../ci/src/config/checkout"

// Each test runs git some ten times.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let parent: string
let folder: string

const git = (...args: string[]): string => gitIn(folder, ...args)
function gitIn(cwd: string, ...args: string[]): string {
  // No packing in the background, which changes files while they are copied.
  const settings = ["user.name=t", "user.email=t@example.com", "protocol.file.allow=always", "gc.auto=0"]
  return execFileSync("git", [...settings.flatMap((setting) => ["-c", setting]), ...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim()
}
function write(file: string, text = "x\n", root = folder): void {
  mkdirSync(join(root, dirname(file)), { recursive: true })
  writeFileSync(join(root, file), text)
}
function commit(): void {
  git("add", ".")
  git("commit", "--quiet", "--message=more")
}
/** Another repository beside this one, with a file. */
function other(name: string): string {
  const root = join(parent, name)
  mkdirSync(root)
  gitIn(root, "init", "--quiet")
  write("lib.go", "package lib\n", root)
  gitIn(root, "add", ".")
  gitIn(root, "commit", "--quiet", "--message=lib")
  return root
}

/** Runs the script on a copy of the checkout. */
function look() {
  const copy = join(parent, "copy")
  rmSync(copy, { recursive: true, force: true })
  execFileSync("cp", ["-a", folder, copy])
  const { stdout, stderr, status } = spawnSync("bash", ["-c", sourceScript, "source", copy], { encoding: "utf8" })
  expect(status, stderr).toBe(0)
  const found = readCheckout(stdout)
  const all = readdirSync(copy, { recursive: true, withFileTypes: true, encoding: "utf8" })
  const files = all
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(copy.length + 1))
  return { found, files: files.sort(), folders: all.filter((entry) => entry.isDirectory()).map(({ name }) => name) }
}
const faults = () => checkoutFaults(look().found)

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "checkout-"))
  folder = join(parent, "repository")
  mkdirSync(folder)
  git("init", "--quiet", "--initial-branch=main")
  write(".gitignore", "dist/\ncoverage/\n*.log\n.env\n.terraform/\n")
  write("api/main.go")
  commit()
})
afterEach(() => rmSync(parent, { recursive: true, force: true }))

describe("the sources of a checkout", { timeout: 60_000 }, () => {
  it("are all of its files where git ignores none, and nothing has to be left out", () => {
    write("new.go")
    const { found, files } = look()
    expect(found).toEqual({ junk: 0, links: [], records: {} })
    expect(files).toEqual([".gitignore", "api/main.go", "new.go"])
  })

  it("are those of a fresh clone, where builds, editors and tools have left files", () => {
    git("clone", "--quiet", folder, join(parent, "fresh"))
    for (const file of ["dist/a.js", "web/coverage/b.html", "c.log", "api/.env", "infra/.terraform/d.tf"]) write(file)
    mkdirSync(join(folder, "empty/below"), { recursive: true })
    const dirty = look()
    folder = join(parent, "fresh")
    const fresh = look()
    expect(dirty.files).toEqual(fresh.files)
    expect(dirty.folders).toEqual(fresh.folders)
    expect([dirty.found.junk, fresh.found.junk]).toEqual([5, 0])
  })

  it("have nothing of what npm and the pipeline write, where git does not ignore it", () => {
    for (const file of ["node_modules/a/b.js", "api/node_modules/c.js", "delivery-reports/index.html"]) write(file)
    write("api/delivery-reports/source.go")
    const { found, files } = look()
    expect(files).toEqual([".gitignore", "api/delivery-reports/source.go", "api/main.go"])
    expect(found.junk).toBe(3)
  })

  it("are what git tracks, whatever its folder is called and .gitignore says", () => {
    write("reports/dist/coverage/code.go")
    git("add", "--force", ".")
    git("commit", "--quiet", "--message=more")
    write("reports/dist/coverage/junk.go")
    expect(look().files).toContain("reports/dist/coverage/code.go")
    expect(look().files).not.toContain("reports/dist/coverage/junk.go")
  })

  it("are those of HEAD and of the folder, not of the index, which git status writes", () => {
    write("staged.go")
    git("add", "staged.go")
    git("rm", "--quiet", "--cached", "api/main.go")
    expect(look().files).toEqual([".gitignore", "api/main.go", "staged.go"])
  })

  it("have no deleted file, and are there before the first commit", () => {
    rmSync(join(folder, "api/main.go"))
    expect(look().files).toEqual([".gitignore"])
    rmSync(join(folder, ".git"), { recursive: true })
    git("init", "--quiet")
    write("a.log")
    expect(look().files).toEqual([".gitignore"])
  })

  it("may have blanks, quotes, dashes and letters of any language in their names", () => {
    const names = ["a b.go", "-rf", "'quoted' \"twice\".go", "größe/日本.go", "[a]*?.go", "back\\slash.go"]
    for (const name of names) write(name)
    write("-x.log")
    commit()
    write("dist/-y z.js")
    expect(look().files).toEqual([".gitignore", "api/main.go", ...names].sort())
    expect(faults()).toEqual([])
  })

  it("have what .git/info/exclude names left out", () => {
    write(".git/info/exclude", "/mine/\n")
    write("mine/a.go")
    expect(look().files).toEqual([".gitignore", "api/main.go"])
  })

  it("have the files of submodules, by the rules of each", () => {
    const lib = other("lib")
    write("inner.go", "package inner\n", other("inner"))
    gitIn(lib, "submodule", "--quiet", "add", join(parent, "inner"), "deep/inner")
    write(".gitignore", "*.tmp\n", lib)
    gitIn(lib, "add", ".")
    gitIn(lib, "commit", "--quiet", "--message=deep")
    git("submodule", "--quiet", "add", lib, "libs/a b")
    git("submodule", "--quiet", "update", "--init", "--recursive")
    commit()
    write("libs/a b/x.tmp")
    write("libs/a b/new.go")
    const { found, files } = look()
    expect(files).toEqual(
      [".gitignore", ".gitmodules", "api/main.go"].concat([
        "libs/a b/.gitignore",
        "libs/a b/.gitmodules",
        "libs/a b/deep/inner/lib.go",
        "libs/a b/lib.go",
        "libs/a b/new.go",
      ]),
    )
    expect(found.records).toEqual({})
  })

  it("have no repository inside of this one, whether git add has linked it or not", () => {
    other("repository/linked")
    write("linked/b.go")
    commit()
    other("repository/loose")
    const { found, files } = look()
    expect(files).toEqual([".gitignore", "api/main.go"])
    expect(folderFaults(found, "services.a.path", "linked/deep")).toEqual([
      expect.stringMatching(/^services\.a\.path: linked is a git repository of its own.*make it a submodule/),
    ])
    expect(folderFaults(found, "services.a.path", ".")).toHaveLength(2)
    expect(folderFaults(found, "services.a.path", "api")).toEqual([])
  })
})

describe("a checkout is refused", { timeout: 60_000 }, () => {
  it("if a submodule of a checked folder is not there", () => {
    git("submodule", "--quiet", "add", other("lib"), "api/lib")
    commit()
    git("submodule", "--quiet", "deinit", "--force", "api/lib")
    const { found } = look()
    expect(checkoutFaults(found)).toEqual([])
    expect(folderFaults(found, "services.api.path", "web")).toEqual([])
    for (const path of ["api", "api/lib", "api/lib/cmd", "."])
      expect(folderFaults(found, "services.api.path", path)).toEqual([
        "services.api.path: the submodule api/lib is not checked out; run `git submodule update --init --recursive`",
      ])
  })

  it("if a checked folder has pointers of Git LFS instead of files", () => {
    write(".gitattributes", "*.bin filter=lfs -text\n")
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    write("api/big file.bin", pointer)
    write("api/real.bin")
    write("api/about-lfs.txt", pointer)
    write("docs/picture.bin", pointer)
    for (const filter of ["clean", "smudge"]) git("config", `filter.lfs.${filter}`, "cat")
    commit()
    expect(folderFaults(look().found, "services.api.path", "api")).toEqual([
      "services.api.path: api/big file.bin is a pointer of Git LFS instead of the file; run `git lfs pull`",
    ])
  })

  it.each([
    ["a\nb.go", /"a\\nb.go" has a control character.*rename it/],
    [Buffer.from("caf\xe9.go", "latin1"), /is not UTF-8; rename it/],
  ])("if a name is %j", (name, message) => {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]), "x\n")
    expect(faults()).toEqual([expect.stringMatching(message)])
    write(".gitignore", "*.go\n")
    expect(faults()).toEqual([])
  })

  it("if it is sparse", () => {
    git("sparse-checkout", "set", "api")
    expect(faults()).toEqual([expect.stringMatching(/sparse checkout.*`git sparse-checkout disable`/)])
    git("sparse-checkout", "disable")
    expect(faults()).toEqual([])
  })

  it("if it is a partial clone, until the command of the message has completed it", () => {
    write("api/main.go", "y\n")
    commit()
    git("config", "uploadpack.allowFilter", "true")
    const from = folder
    folder = join(parent, "partial")
    gitIn(parent, "clone", "--quiet", "--filter=blob:none", `file://${from}`, folder)
    const [fault] = faults()
    expect(fault).toMatch(/partial clone/)
    git(...fault!.split("`git ")[1]!.replace("`", "").split(" "))
    expect(faults()).toEqual([])
  })

  it("if it borrows objects from another clone, until the command of the message has copied them", () => {
    const from = folder
    folder = join(parent, "shared")
    gitIn(parent, "clone", "--quiet", "--shared", from, folder)
    const [fault] = faults()
    expect(fault).toContain(`borrows objects from ${from}/.git/objects`)
    execFileSync("bash", ["-c", fault!.split("`")[1]!], { cwd: folder, stdio: "ignore" })
    expect(faults()).toEqual([])
  })

  it("if git cannot read it", () => {
    rmSync(join(folder, ".git/objects"), { recursive: true })
    mkdirSync(join(folder, ".git/objects"))
    expect(faults()).toEqual([expect.stringMatching(/^source: git cannot read it: fatal: /)])
  })

  it("if it has files where the reports go", () => {
    write("delivery-reports/a.txt")
    expect(faults()).toEqual([])
    commit()
    expect(faults()).toEqual([expect.stringMatching(/git tracks files in delivery-reports\//)])
  })
})

describe("symbolic links of a checkout", { timeout: 60_000 }, () => {
  const link = (target: string, path: string): void => {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    symlinkSync(target, join(folder, path))
  }

  it("stay what they are, those to nowhere too", () => {
    link("main.go", "api/again.go")
    link("nothing", "api/.#lock")
    link("api", "alias")
    const { found, files } = look()
    expect(files).toEqual(expect.arrayContaining(["alias", "api/.#lock", "api/again.go"]))
    expect(found.links.map(({ path, isBroken }) => [path, isBroken]).sort()).toEqual([
      ["alias", false],
      ["api/.#lock", true],
      ["api/again.go", false],
    ])
    expect(checkoutFaults(found)).toEqual([])
    expect(folderFaults(found, "services.api.path", "api")).toEqual([])
  })

  it("bring what they lead to into the input of a service, and what links in that lead to", () => {
    write("shared/testdata/a.json")
    write("docs/api.txt")
    link("../../docs/api.txt", "shared/testdata/api.txt")
    link("../shared/testdata/", "api/testdata")
    link("../shared/testdata/a.json", "api/a.json")
    link("main.go", "api/again.go")
    const { found } = look()
    expect(linkedFrom(found, ["api"])).toEqual(["docs/api.txt", "shared/testdata"])
    expect(linkedFrom(found, ["."])).toEqual([])
    expect(linkedFrom(found, ["docs"])).toEqual([])
  })

  it("that lead out of the repository are refused in a checked folder", () => {
    link("/etc/hosts", "api/hosts")
    link("../../elsewhere", "api/up")
    link("/srv", "docs/srv")
    const { found } = look()
    expect(folderFaults(found, "services.api.path", "api").sort()).toEqual([
      "services.api.path: api/hosts is a symbolic link to /etc/hosts, outside of the repository; put the file itself there",
      "services.api.path: api/up is a symbolic link to ../../elsewhere, outside of the repository; put the file itself there",
    ])
    expect(folderFaults(found, "services.web.path", "web")).toEqual([])
  })

  it("are refused as the folder of a service, or above it", () => {
    link("api", "alias")
    const { found } = look()
    for (const path of ["alias", "alias/cmd"])
      expect(folderFaults(found, "services.api.path", path)).toEqual([
        "services.api.path: alias is a symbolic link to api; name the folder itself",
      ])
  })
})
