// Decides the next version from the name of a branch and the tags so far: pure functions. A version has the form 1.2.3, with or
// without a `v` and build metadata (`+…`). What only looks like a version is refused rather than ignored, because ignoring the
// last release would make the next version go back.
import { Names, plain, rowOf, shown } from "./flow"

/** Major, minor, patch. */
type Version = [number, number, number]

/** Something that looks like a version: numbers separated by dots, with what may follow in semantic versioning. */
interface Lookalike {
  text: string
  /** All its numbers, however many. */
  numbers: number[]
  /** Whether it has exactly three numbers, none with a leading zero or more than nine digits. */
  isVersion: boolean
  isPrerelease: boolean
}

/** Reads a text that looks like a version; undefined for any other text. */
function lookalike(text: string): Lookalike | undefined {
  const [, digits, prerelease] = /^v?(\d+(?:\.\d+)*)(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const parts = digits.split(".")
  return {
    text,
    numbers: parts.map(Number),
    isVersion: parts.length === 3 && parts.every(isNumber) && prerelease === undefined,
    isPrerelease: prerelease !== undefined,
  }
}

const isNumber = (part: string): boolean => /^(0|[1-9]\d{0,8})$/.test(part)

const versionOf = ([major = 0, minor = 0, patch = 0]: number[]): Version => [major, minor, patch]

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]

/** The tags that count, highest first: versions, and what is above all of them without being one. */
interface Tags {
  /** The highest tag that is a version. */
  last?: { text: string; version: Version }
  /** Tags that are no versions but look like later ones. */
  unclear: Lookalike[]
  /** What the next tag begins with: `v`, unless the highest tag has none. */
  prefix: string
}

function readTags(tags: string[]): Tags {
  const all = tags
    .map((tag) => lookalike(tag.replace(/^refs\/tags\//, "")))
    .filter((one) => one !== undefined)
    .sort((a, b) => compare(versionOf(b.numbers), versionOf(a.numbers)))
  const highest = all.find(({ isVersion }) => isVersion)
  const last = highest && { text: highest.text, version: versionOf(highest.numbers) }
  const unclear = all.filter((one) => !one.isVersion && (!last || isLater(one, last.version)))
  return { last, unclear, prefix: /^\d/.test((highest ?? unclear[0])?.text ?? "") ? "" : "v" }
}

/**
 * Whether a tag that is no version comes after one that is. Pre-releases do not count, nor does a single number: `v2` is
 * usually moved along with the releases of version 2.
 */
function isLater({ numbers, isPrerelease }: Lookalike, version: Version): boolean {
  if (isPrerelease || numbers.length < 2) return false
  const difference = compare(versionOf(numbers), version)
  return difference > 0 || (difference === 0 && numbers.length > 3)
}

/** The version in the name of a branch: `release/1.4` is 1.4.0. An error when it only looks like a version. */
function namedBy(branch: string): Version | undefined {
  const name = /^(?:release|hotfix)\/(.+)$/.exec(branch)?.[1]
  const found = name === undefined ? undefined : lookalike(name)
  // A word after a number is a name, such as 2026-spring.
  if (!found || (found.isPrerelease && found.numbers.length < 2)) return undefined
  const parts = name!.replace(/^v|\+.*$/g, "").split(".")
  if (found.isPrerelease || parts.length > 3 || !parts.every(isNumber))
    throw new Error(
      `${shown(branch)}: ${shown(name!)} is not a version of the form 1.2.3 without leading zeros; ` +
        "rename the branch, or give bump",
    )
  return versionOf(found.numbers)
}

const bumps = ["", "major", "minor", "patch"]

/** What decides the next version. */
export interface Request {
  branch: string
  /** All tags so far. */
  tags: string[]
  /** On master, the branch that was merged; empty if it is not known. */
  merged: string
  /** The number to raise; empty to go by the branch. */
  bump: string
  names: Names
}

/**
 * The next version, as a tag. A release or hotfix branch that is named by a version has that version; otherwise it is the
 * highest tag with a new minor number.
 */
export function nextVersion({ branch, tags, merged, bump, names }: Request): string {
  if (!bumps.includes(bump))
    throw new Error(`bump: ${shown(bump)} is not one of ${bumps.map((one) => one || '""').join(", ")}`)
  const { key } = rowOf(branch, "push", names)
  if (key !== "release" && key !== "hotfix" && key !== "master")
    throw new Error(
      `branch: ${shown(plain(branch)) || '""'} gets no version; ${names.master}, release/* and hotfix/* do`,
    )
  const known = readTags(tags)
  const source = key === "master" ? plain(merged) : plain(branch)
  const named = bump === "" ? namedBy(source) : undefined
  return `${known.prefix}${(named ? above(known, named, source) : raised(known, bump)).join(".")}`
}

/** The version that a branch is named by; an error when it is not above all tags. */
function above({ last, unclear }: Tags, version: Version, branch: string): Version {
  const later = unclear.find((one) => !one.isPrerelease && compare(version, versionOf(one.numbers)) <= 0)
  const highest = later?.text ?? (last && compare(version, last.version) <= 0 ? last.text : undefined)
  if (highest === undefined) return version
  throw new Error(
    `${shown(branch)}: ${version.join(".")} is not above the highest tag ${shown(highest)}; ` +
      "name the branch by a later version, or give bump",
  )
}

/** The highest tag's version with one number raised; an error when it is not clear which tag that is. */
function raised({ last, unclear }: Tags, bump: string): Version {
  if (unclear.length > 0) {
    const names = unclear.slice(0, 3).map(({ text }) => shown(text))
    throw new Error(
      `tags: ${names.join(", ")} ${unclear.length > 1 ? "are not versions" : "is not a version"} of the form 1.2.3 ` +
        "without leading zeros, so the next version is unknown; tag the last release by a version, " +
        "or name the branch by the next one",
    )
  }
  const [major, minor, patch] = last?.version ?? [0, 0, 0]
  if (bump === "major") return [major + 1, 0, 0]
  return bump === "patch" ? [major, minor, patch + 1] : [major, minor + 1, 0]
}
