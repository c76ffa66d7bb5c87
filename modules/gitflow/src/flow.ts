// Which pipeline a branch gets, and which version it will have: pure functions over names. A name is compared and shown, never run.

/** What is decided for a branch. */
export interface Decision {
  /** The pipeline to run: `pr`, `dev`, `stage`, `prod`, or `none`. */
  name: string
  /** Why, in one line, with the row of the table that decided. */
  reason: string
  /** The pipeline to run when that one has passed; empty when there is none. */
  next: string
  /** What is left to do when all has passed: the merges that the flow asks for. */
  afterwards: string
}

/** The names of the two long-lived branches. */
export interface Names {
  master: string
  develop: string
}

interface Row {
  /** The branch, as the table shows it. */
  branch: string
  name: string
  next: string
  afterwards: string
}

const events = ["push", "pull_request"]

/** The table: the first row that fits decides. */
function table({
  master,
  develop,
}: Names): Record<"request" | "develop" | "release" | "master" | "hotfix" | "other" | "none", Row> {
  return {
    request: { branch: "pull request", name: "pr", next: "", afterwards: "" },
    develop: { branch: develop, name: "dev", next: "", afterwards: "" },
    release: {
      branch: "release/*",
      name: "stage",
      next: "",
      afterwards: `merge into ${master}; fixes go back to ${develop}`,
    },
    master: { branch: master, name: "prod", next: "", afterwards: `tag the version; merge back to ${develop}` },
    hotfix: { branch: "hotfix/*", name: "pr", next: "stage", afterwards: `merge into ${master} and ${develop}` },
    other: { branch: "any other", name: "pr", next: "", afterwards: `pull request into ${develop}` },
    none: { branch: "none", name: "none", next: "", afterwards: "" },
  }
}

function rowOf(branch: string, event: string, names: Names): { key: keyof ReturnType<typeof table>; row: Row } {
  if (!events.includes(event)) throw new Error(`event: ${shown(event)} is not known; allowed: ${events.join(", ")}`)
  for (const [key, value] of Object.entries(names))
    if (value === "") throw new Error(`${key}: a branch's name is wanted`)
  if (names.master === names.develop)
    throw new Error(`master and develop are both ${shown(names.master)}; two branches are wanted`)
  const rows = table(names)
  const key = keyOf(plain(branch), event, names)
  return { key, row: rows[key] }
}

function keyOf(branch: string, event: string, { master, develop }: Names): keyof ReturnType<typeof table> {
  if (event === "pull_request") return "request"
  if (branch === "") return "none"
  if (branch === develop) return "develop"
  if (branch === master) return "master"
  if (/^release\/./.test(branch)) return "release"
  if (/^hotfix\/./.test(branch)) return "hotfix"
  return "other"
}

/** Decides for a branch: with `pull_request` for what asks to be merged into `base`. */
export function decide(branch: string, event: string, base: string, names: Names): Decision {
  const { key, row } = rowOf(branch, event, names)
  const name = shown(plain(branch))
  const reasons: Record<typeof key, string> = {
    request: `a pull request${branch ? ` from ${name}` : ""}${base ? ` into ${shown(plain(base))}` : ""} is checked, and nothing is deployed`,
    develop: `${name} is what the development environment runs`,
    release: `${name} is a release that is being prepared`,
    master: `${name} is what production runs`,
    hotfix: `${name} is checked first, then staged`,
    other: `${name} is none of the flow's branches: it is checked, and nothing is deployed`,
    none: "no branch (a tag, or a commit that is checked out by itself): nothing is run",
  }
  return { name: row.name, reason: reasons[key], next: row.next, afterwards: row.afterwards }
}

/** The table as text; the row that decides is marked. */
export function explained(branch: string, event: string, base: string, names: Names): string {
  const { key } = rowOf(branch, event, names)
  const cells = Object.entries(table(names)).map(([its, one]) => [
    its === key ? ">" : " ",
    one.branch,
    one.next ? `${one.name}, then ${one.next}` : one.name,
    one.afterwards,
  ])
  const head = [" ", "branch", "pipeline", "and then"]
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((line) => line[column]!.length)))
  const lines = [head, ...cells].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  )
  return `${lines.join("\n")}\n${decide(branch, event, base, names).reason}\n`
}

/** A branch's name without git's own prefix for branches. */
function plain(branch: string): string {
  return branch.replace(/^refs\/heads\//, "")
}

/** A name for a line of text: no control characters, no direction marks, at most 100 characters. */
export function shown(name: string): string {
  const clean = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?")
  const characters = [...clean]
  return characters.length > 100 ? `${characters.slice(0, 99).join("")}…` : clean
}

/** Three numbers: major, minor, patch. */
type Version = [number, number, number]

const numberPart = "(0|[1-9]\\d{0,8})"

/** A version of semver's form, with or without a `v`; undefined for anything else, for pre-releases too. */
function parse(text: string): Version | undefined {
  const match = new RegExp(`^v?${numberPart}\\.${numberPart}\\.${numberPart}$`).exec(text)
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined
}

/** The version that a branch is named by: `release/1.4` is 1.4.0. */
function namedBy(branch: string): Version | undefined {
  const match = new RegExp(`^(?:release|hotfix)/v?${numberPart}(?:\\.${numberPart})?(?:\\.${numberPart})?$`).exec(
    branch,
  )
  return match ? [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)] : undefined
}

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]

/** The highest version among tags, with the tag itself. */
function highest(tags: string[]): { tag: string; version: Version } | undefined {
  return tags
    .map((tag) => ({ tag: tag.replace(/^refs\/tags\//, ""), version: parse(tag.replace(/^refs\/tags\//, "")) }))
    .filter((one): one is { tag: string; version: Version } => one.version !== undefined)
    .sort((a, b) => compare(a.version, b.version))
    .at(-1)
}

const bumps = ["", "major", "minor", "patch"]

/**
 * The next version, as a tag. A release or a hotfix that is named by a version has that one; else it is the highest tag's with a new minor number.
 * `merged` is the branch that came to master.
 */
export function nextVersion(branch: string, tags: string[], merged: string, bump: string, names: Names): string {
  if (!bumps.includes(bump))
    throw new Error(`bump: ${shown(bump)} is not known; allowed: ${bumps.map((one) => one || '""').join(", ")}`)
  const { key } = rowOf(branch, "push", names)
  if (key !== "release" && key !== "hotfix" && key !== "master")
    throw new Error(
      `branch: ${shown(plain(branch)) || '""'} gets no version; ${names.master}, release/* and hotfix/* do`,
    )
  const last = highest(tags)
  const prefix = last && !last.tag.startsWith("v") ? "" : "v"
  const source = key === "master" ? plain(merged) : plain(branch)
  const named = bump === "" ? namedBy(source) : undefined
  if (named) {
    if (last && compare(named, last.version) <= 0)
      throw new Error(
        `${shown(source)}: ${named.join(".")} is not above the highest tag ${shown(last.tag)}; name the branch by a later version, or give bump`,
      )
    return `${prefix}${named.join(".")}`
  }
  const [major, minor, patch] = last?.version ?? [0, 0, 0]
  const next: Version =
    bump === "major" ? [major + 1, 0, 0] : bump === "patch" ? [major, minor, patch + 1] : [major, minor + 1, 0]
  return `${prefix}${next.join(".")}`
}

/** The delivered paths in their one form, sorted, each once; one that leaves the repository is an error. */
export function deliveredPaths(paths: string[]): string[] {
  if (paths.length === 0) throw new Error('paths: at least one is wanted, such as "services/api", or "." for all')
  const clean = paths.map((path) => {
    const parts = path.split("/").filter((part) => part !== "" && part !== ".")
    if (path === "" || path.startsWith("/") || parts.includes("..") || /[\0\n]/.test(path))
      throw new Error(`paths: ${shown(path) || '""'} is not a path inside the repository, such as "services/api"`)
    return parts.join("/") || "."
  })
  return [...new Set(clean)].sort()
}

/** What is known of a repository's checkout. */
export interface State {
  branch: string
  commit: string
  time: string
  changed: string[]
  tags: string[]
  tagsHere: string[]
  shallow: boolean
  tree: string
}

/** Reads what the script in scripts.ts prints: fields that a zero byte ends, `key value`. */
export function readState(printed: string): State {
  const fields = printed.split("\0").filter((field) => field !== "")
  const all = (key: string): string[] =>
    fields.filter((field) => field.startsWith(`${key} `)).map((field) => field.slice(key.length + 1))
  const one = (key: string): string => all(key)[0] ?? ""
  const commit = one("commit")
  if (!/^[0-9a-f]{40,64}$/.test(commit)) throw new Error(`git did not tell the commit: ${shown(printed.slice(0, 200))}`)
  return {
    branch: one("branch"),
    commit,
    time: one("time"),
    changed: all("changed"),
    tags: all("tag"),
    tagsHere: all("here"),
    shallow: one("shallow") === "true",
    tree: one("tree"),
  }
}

/** Reads what the script of differences prints: a line with what the checkout is compared with, or why there is none; then the diff. */
export function readDiff(printed: string): { base: string; reason: string; text: string } {
  const end = printed.indexOf("\n")
  const [first, text] = [printed.slice(0, end), printed.slice(end + 1)]
  if (first.startsWith("none ")) return { base: "", reason: first.slice(5), text: "" }
  const [, name, commit] = /^(.+) ([0-9a-f]{40,64})$/.exec(first) ?? []
  if (!commit) throw new Error(`git did not tell what it compares with: ${shown(printed.slice(0, 200))}`)
  return { base: `${name} (${commit.slice(0, 10)})`, reason: "", text }
}
