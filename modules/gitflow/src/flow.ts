// Decides which pipeline a branch gets: pure functions over names. A name is compared and shown, never run.

/** The decision for a branch. */
export interface Decision {
  /** The pipeline to run: `pr`, `dev`, `stage`, `prod`, or `none`. */
  name: string
  /** Why, in one line. */
  reason: string
  /** The pipeline to run after it has passed; empty for none. */
  next: string
  /** What to do when everything has passed: the merges of the flow. */
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

type Key = "request" | "develop" | "release" | "master" | "hotfix" | "other" | "none"

/** The rows of the table. */
function table({ master, develop }: Names): Record<Key, Row> {
  return {
    request: { branch: "pull request", name: "pr", next: "", afterwards: "" },
    develop: { branch: develop, name: "pr", next: "dev", afterwards: "" },
    release: {
      branch: "release/*",
      name: "pr",
      next: "stage",
      afterwards: `merge into ${master}; fixes go back to ${develop}`,
    },
    master: { branch: master, name: "prod", next: "", afterwards: `tag the version; merge back to ${develop}` },
    hotfix: { branch: "hotfix/*", name: "pr", next: "stage", afterwards: `merge into ${master} and ${develop}` },
    other: { branch: "any other", name: "pr", next: "", afterwards: `pull request into ${develop}` },
    none: { branch: "none", name: "none", next: "", afterwards: "" },
  }
}

/** The row of a branch; an error for an unknown event, and for long-lived branches without names of their own. */
export function rowOf(branch: string, event: string, names: Names): { key: Key; row: Row } {
  if (!events.includes(event)) throw new Error(`event: ${shown(event)} is not one of ${events.join(", ")}`)
  for (const [key, value] of Object.entries(names))
    if (value === "") throw new Error(`${key}: the name of a branch is missing`)
  if (names.master === names.develop)
    throw new Error(`master and develop are both ${shown(names.master)}; give two different branches`)
  const rows = table(names)
  const key = keyOf(plain(branch), event, names)
  return { key, row: rows[key] }
}

function keyOf(branch: string, event: string, { master, develop }: Names): Key {
  if (event === "pull_request") return "request"
  if (branch === "") return "none"
  if (branch === develop) return "develop"
  if (branch === master) return "master"
  if (/^release\/./.test(branch)) return "release"
  if (/^hotfix\/./.test(branch)) return "hotfix"
  return "other"
}

/** Decides for a branch; a pull request asks to be merged into `base`. */
export function decide(branch: string, event: string, base: string, names: Names): Decision {
  const { key, row } = rowOf(branch, event, names)
  const name = shown(plain(branch))
  const from = branch ? ` from ${name}` : ""
  const into = base ? ` into ${shown(plain(base))}` : ""
  const reasons: Record<Key, string> = {
    request: `a pull request${from}${into} is checked, and nothing is deployed`,
    develop: `${name} is what the development environment runs`,
    release: `${name} is a release in preparation`,
    master: `${name} is what production runs`,
    hotfix: `${name} is checked first, then staged`,
    other: `${name} is not a branch of the flow: it is checked, and nothing is deployed`,
    none: "no branch (a tag, or a detached commit): nothing runs",
  }
  return { name: row.name, reason: reasons[key], next: row.next, afterwards: row.afterwards }
}

/** The table as text, with the row of the branch marked. */
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

/** The name of a branch without git's prefix `refs/heads/`. */
export function plain(branch: string): string {
  return branch.replace(/^refs\/heads\//, "")
}

/** A name that is safe to print: without control and direction characters, at most 100 characters. */
export function shown(name: string): string {
  const clean = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?")
  const characters = [...clean]
  return characters.length > 100 ? `${characters.slice(0, 99).join("")}…` : clean
}
