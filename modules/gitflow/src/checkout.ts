// Reads what git says of a checkout: pure functions over text.
import { shown } from "./flow"

/** The delivered paths in one form, sorted, each once; a path that leaves the repository is an error. */
export function deliveredPaths(paths: string[]): string[] {
  if (paths.length === 0) throw new Error('paths: give at least one, such as "services/api", or "." for everything')
  const clean = paths.map((path) => {
    const parts = path.split("/").filter((part) => part !== "" && part !== ".")
    if (path === "" || path.startsWith("/") || parts.includes("..") || /[\0\n]/.test(path))
      throw new Error(`paths: ${shown(path) || '""'} is not a path inside the repository, such as "services/api"`)
    return parts.join("/") || "."
  })
  return [...new Set(clean)].sort()
}

/** The state of a checkout. */
export interface State {
  branch: string
  commit: string
  time: string
  /** The email address of the author. */
  author: string
  changed: string[]
  tags: string[]
  tagsHere: string[]
  shallow: boolean
  tree: string
}

/** Reads the output of stateScript: fields `key value`, each ended by a zero byte. */
export function readState(printed: string): State {
  const fields = printed.split("\0").filter((field) => field !== "")
  const all = (key: string): string[] =>
    fields.filter((field) => field.startsWith(`${key} `)).map((field) => field.slice(key.length + 1))
  const one = (key: string): string => all(key)[0] ?? ""
  const commit = one("commit")
  if (!/^[0-9a-f]{40,64}$/.test(commit)) throw new Error(`git printed no commit: ${shown(printed.slice(0, 200))}`)
  return {
    branch: one("branch"),
    commit,
    time: one("time"),
    author: one("author"),
    changed: all("changed"),
    tags: all("tag"),
    tagsHere: all("here"),
    shallow: one("shallow") === "true",
    tree: one("tree"),
  }
}

/** What a checkout changes, as diffScript prints it. */
export interface Printed {
  base: string
  reason: string
  /** The branch that the comparison is about; empty if none of them exists. */
  branch: string
  /** Commits that the base does not have. */
  commits: string[]
  text: string
}

/** Reads the output of diffScript: lines with the base of the comparison, or why there is none; then the diff. */
export function readDiff(printed: string): Printed {
  const [first = "", second = "", third = "", ...rest] = printed.split("\n")
  if (first.startsWith("none ")) return { base: "", reason: first.slice(5), branch: "", commits: [], text: "" }
  const [, name, commit] = /^(.+) ([0-9a-f]{40,64})$/.exec(first) ?? []
  if (!commit) throw new Error(`git printed no base to compare with: ${shown(printed.slice(0, 200))}`)
  return {
    base: `${name} (${commit.slice(0, 10)})`,
    reason: "",
    branch: second.replace(/^branch /, "").trim(),
    commits: third
      .replace(/^commits /, "")
      .split(" ")
      .filter((one) => one !== ""),
    text: rest.join("\n"),
  }
}
