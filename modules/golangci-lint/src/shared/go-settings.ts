// Generated from modules/shared/go-settings.ts by `npm run sync`; do not edit.
// Build tags and variables of Go modules, for all of Go's tools.
import type { Container } from "@dagger.io/dagger"

/** Settings of the Go module at `path`, or of every module where it is empty. */
export interface GoSettings {
  path: string
  tags: string[]
  /** Variables of the form `NAME=value`. */
  env: string[]
}

/** The variables that change what Go compiles. Others belong to the pipeline or to the machine. */
export const goVariables = [
  "CGO_CFLAGS",
  "CGO_CPPFLAGS",
  "CGO_CXXFLAGS",
  "CGO_ENABLED",
  "CGO_LDFLAGS",
  "GOAMD64",
  "GOARM64",
  "GODEBUG",
  "GOEXPERIMENT",
  "GOFIPS140",
  "GOFLAGS",
]

/** Settings as text, which a module's object keeps between its functions. Throws for a wrong tag or variable. */
export function settingsText({ path, tags, env }: GoSettings): string {
  for (const tag of tags)
    if (!/^[\p{L}\p{N}_.]+$/u.test(tag))
      throw new Error(`tags: ${JSON.stringify(tag)} is no build tag: letters, digits, _ and . are allowed`)
  for (const pair of env) {
    const name = /^(\w+)=/.exec(pair)?.[1]
    if (name === undefined || !goVariables.includes(name))
      throw new Error(`env: ${JSON.stringify(pair)} is not NAME=value with one of the names ${goVariables.join(", ")}`)
    if (name === "GOFLAGS" && /(?:^|\s)-(tags|ldflags)\b/.test(pair.slice("GOFLAGS=".length)))
      throw new Error(`env: ${JSON.stringify(pair)}: use tags for -tags; -ldflags are those of the build`)
  }
  return JSON.stringify({ path, tags, env })
}

/** The settings of the module at `path`, of several as text: later ones add to earlier ones. */
export function settingsOf(all: string[] | undefined, path: string): Pick<GoSettings, "tags" | "env"> {
  const own = (all ?? [])
    .map((text) => JSON.parse(text) as GoSettings)
    .filter((one) => one.path === "" || one.path === path)
  return { tags: own.flatMap(({ tags }) => tags), env: own.flatMap(({ env }) => env) }
}

/** The variables of settings, as pairs. Go's scripts read GO_TAGS where they add tags of their own. */
export function variablesOf({ tags, env }: Pick<GoSettings, "tags" | "env">, flags: string[] = []): [string, string][] {
  const given = env.map((pair): [string, string] => [
    pair.slice(0, pair.indexOf("=")),
    pair.slice(pair.indexOf("=") + 1),
  ])
  const goFlags = [
    ...flags,
    ...(tags.length ? [`-tags=${tags.join(",")}`] : []),
    ...given.flatMap(([name, value]) => (name === "GOFLAGS" && value.trim() !== "" ? [value.trim()] : [])),
  ]
  return [
    ...given.filter(([name]) => name !== "GOFLAGS"),
    ...(tags.length ? [["GO_TAGS", tags.join(",")] as [string, string]] : []),
    ...(goFlags.length > flags.length ? [["GOFLAGS", goFlags.join(" ")] as [string, string]] : []),
  ]
}

/** The container with the settings of the module at `path`. `flags` are GOFLAGS that it has already. */
export function withSettings(
  container: Container,
  all: string[] | undefined,
  path: string,
  flags: string[] = [],
): Container {
  return variablesOf(settingsOf(all, path), flags).reduce(
    (ready, [name, value]) => ready.withEnvVariable(name, value),
    container,
  )
}
