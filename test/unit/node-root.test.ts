// Which folder has the lock file of a Node service, and what the module node finds there; on folders that are plain text.
import type { Directory } from "@dagger.io/dagger"
import { describe, expect, it } from "vitest"
import { lockfileFault, nodeRoot } from "../../ci/src/config/node-root"
import { findProject } from "../../modules/node/src/project"
import { asNpmLock, nodeLock, type ForeignLock } from "../../modules/shared/node-lock"

/** A folder of the engine, as far as these functions ask: files by path, with their text. */
function folderOf(files: Record<string, string>): Directory {
  const at = (base: string): object => ({
    exists: async (path: string) => {
      const whole = joined(base, path)
      return whole === "" || Object.keys(files).some((file) => file === whole || file.startsWith(`${whole}/`))
    },
    entries: async () => [...new Set(below(base).map((file) => file.replace(/\/.*$/, "/")))],
    directory: (path: string) => at(joined(base, path)),
    file: (path: string) => ({ contents: async () => files[joined(base, path)]! }),
    glob: async (pattern: string) => below(base).filter((file) => file.endsWith(pattern.replace("**/", ""))),
  })
  const joined = (base: string, path: string) => [base, path].filter((part) => part !== "" && part !== ".").join("/")
  const below = (base: string) =>
    Object.keys(files).flatMap((file) =>
      base === "" ? [file] : file.startsWith(`${base}/`) ? [file.slice(base.length + 1)] : [],
    )
  return at("") as Directory
}

const json = (value: object): string => JSON.stringify(value)
const needs = { dependencies: { ms: "2.1.3" } }
const monorepo = {
  "package.json": json({ devDependencies: { husky: "9" } }),
  "package-lock.json": "{}",
  "web/package.json": json({ workspaces: ["apps/*", "libs/*"] }),
  "web/pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
  "web/pnpm-workspace.yaml": "packages:\n  - tools/*\n",
  "web/apps/shop/package.json": json({ name: "shop", dependencies: { "@x/money": "*" } }),
  "web/libs/money/package.json": json({ name: "@x/money", scripts: { prepare: "node make.js" } }),
  "web/tools/cli/package.json": json({ name: "cli" }),
  "web/old/package.json": json({ name: "old", ...needs }),
  "alone/package.json": json({ name: "alone", ...needs }),
  "alone/yarn.lock": "# yarn lockfile v1\n",
  "linked/package.json": json({ name: "linked", dependencies: { alone: "file:../alone" } }),
  "linked/package-lock.json": "{}",
}

describe("the lock file of a Node service", () => {
  const source = folderOf(monorepo)
  it.each([
    ["alone", "alone", "its own"],
    ["web/apps/shop", "web", "that of the project whose workspace it is"],
    ["web/tools/cli", "web", "that of the project that names it in pnpm-workspace.yaml"],
    ["web/old", "web/old", "not that of a project around it that does not name it"],
    ["web", "web", "not that of the repository's root"],
  ])("of %s is in %s: %s", async (path, root) => expect(await nodeRoot(source, path)).toBe(root))
  it("is what is wrong, or nothing", async () => {
    expect(await lockfileFault(source, "web/apps/shop")).toBeUndefined()
    expect(await lockfileFault(source, "web/old")).toMatch(/^there is no lock file in web\/old: create it with/)
    expect(await lockfileFault(folderOf({ ...monorepo, "alone/bun.lock": "{}" }), "alone")).toMatch(
      /^there are several lock files in alone: yarn.lock, bun.lock; name the package manager/,
    )
  })
})

describe("the project that the module node finds", () => {
  const source = folderOf(monorepo)
  it("has the manifests of all workspaces, and goes in two steps for the script of one", async () => {
    const found = await findProject(source, "web/apps/shop")
    expect(found).toMatchObject({
      path: "web/apps/shop",
      root: "web",
      way: "scripts",
      because: "script prepare in web/libs/money/package.json",
      manager: { name: "pnpm", package: "pnpm@10.34.8" },
    })
    expect(found.manifests.map(({ folder }) => folder)).toEqual([
      "web",
      "web/apps/shop",
      "web/libs/money",
      "web/tools/cli",
    ])
  })
  it("has the packages of other folders, and says which one is missing", async () => {
    const found = await findProject(source, "linked")
    expect(found.manifests.map(({ folder }) => folder)).toEqual(["linked", "alone"])
    const { "alone/package.json": _, "alone/yarn.lock": __, ...rest } = monorepo
    await expect(findProject(folderOf(rest), "linked")).rejects.toThrow(
      "linked/package.json takes alone from file:../alone, which is not in the source: pass a source with both folders",
    )
  })
  it("is an error without a package.json, or without the folder", async () => {
    await expect(findProject(source, "web/libs")).rejects.toThrow("there is no package.json in web/libs")
    await expect(findProject(source, "gone")).rejects.toThrow("path: gone is no folder of the source")
    await expect(findProject(source, "../x")).rejects.toThrow("path: ../x is no folder of the source")
  })
})

describe("the lock file that tools of npm read", () => {
  const locked = (packages: string) => `lockfileVersion: '9.0'\n\n${packages}`
  const yarn = '# yarn lockfile v1\n\nkiln@^1.0.0:\n  version "1.2.0"\n\nwheel@^2.0.0:\n  version "2.0.1"\n'
  const project = {
    "package.json": json({ name: "pots", workspaces: ["parts/*"], devDependencies: { wheel: "^2.0.0" } }),
    "parts/cup/package.json": json({ name: "cup", dependencies: { kiln: "^1.0.0" } }),
    "other/package.json": json({ name: "other", dependencies: { wheel: "^2.0.0" } }),
    "yarn.lock": yarn,
  }
  it("is none in a folder without any", async () =>
    expect(await nodeLock(folderOf({ "a/package.json": "{}" }), "a")).toBeUndefined())
  it.each(["package-lock.json", "npm-shrinkwrap.json"])("is %s as it is", async (file) =>
    expect(await nodeLock(folderOf({ "a/package.json": "{}", [`a/${file}`]: "{ }" }), "a")).toEqual({
      path: `a/${file}`,
      packageJson: "{}",
      lockfile: "{ }",
    }),
  )
  it("is made of another manager's, by the manifests of all workspaces", async () => {
    const lock = (await nodeLock(folderOf(project), ".")) as ForeignLock
    expect(lock).toMatchObject({ path: "yarn.lock", packages: [{ name: "kiln" }, { name: "wheel", isShipped: false }] })
    const read = (dev: boolean) => JSON.parse(asNpmLock(lock, { dev }).packageJson) as object
    expect(read(false)).toEqual({ name: "pots", version: "0.0.0", dependencies: { kiln: "1.2.0" } })
    expect(read(true)).toMatchObject({ dependencies: { kiln: "1.2.0", wheel: "2.0.1" } })
  })
  it("is that of the manager that packageManager names", async () => {
    const files = { "package.json": json({ packageManager: "pnpm@9.1.0" }), "yarn.lock": yarn }
    expect(
      await nodeLock(folderOf({ ...files, "pnpm-lock.yaml": locked("importers:\n  .: {}\n") }), "."),
    ).toMatchObject({
      path: "pnpm-lock.yaml",
      packages: [],
    })
    expect(await nodeLock(folderOf(files), ".")).toEqual({
      path: "yarn.lock",
      why: expect.stringContaining("commit the"),
    })
  })
  it.each<[string, Record<string, string>, string]>([
    ["yarn.lock", { "yarn.lock": yarn }, "there is no package.json beside it"],
    ["bun.lockb", { "package.json": json(needs), "bun.lockb": "\u0000" }, "it is binary: write the text with"],
    ["pnpm-lock.yaml", { "package.json": json(needs), "pnpm-lock.yaml": "a: 1\n" }, "lockfileVersion is missing"],
    ["package-lock.json", { "package.json": "{}", "package-lock.json": "{}", "yarn.lock": "" }, "several lock files"],
  ])("is not read if it cannot be: %s", async (path, files, why) =>
    expect(await nodeLock(folderOf(files), ".")).toEqual({ path, why: expect.stringContaining(why) }),
  )
})
