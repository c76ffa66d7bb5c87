// The one list of checks. Stage names, reserved names, `--only`, the modules and images of a call, and README's table derive
// from it. Scripts on the host import this file too: plain data, no imports of Dagger.

export type ServiceKind = "go" | "node" | "docker"

export interface CatalogueEntry {
  /** Name of the stage, such as `lint:yaml`; `<service>:lint` if every service has one. */
  stage: string
  /** Kinds of services that have the stage; undefined if it is about the whole repository. */
  kinds?: ServiceKind[]
  /** Whether only services with a Dockerfile have it. */
  byDockerfile?: boolean
  /** What runs, for README. */
  tools: string
  /** What makes the stage red, for README. */
  red: string
  /** Modules that it calls. */
  modules: string[]
  /** Images of images.ts that it uses, in modules that it calls for a linter alone. */
  images?: string[]
  /** Modules that it calls if the repository has one of these files. */
  configured?: Record<string, string[]>
}

/** Files that configure golangci-lint, the first in a folder counts. */
export const golangciFiles = [".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json"]

/** All checks in the order of their stages: the repository's first ones, each service's, the repository's other ones. */
export const catalogue = [
  {
    stage: "secrets",
    tools: "gitleaks, on the whole history and the files",
    red: "a secret; a shallow clone; no commit was read",
    modules: ["gitleaks"],
  },
  {
    stage: "<service>:lint",
    kinds: ["go", "node"],
    tools: "gofmt, vet, staticcheck; the project's own eslint",
    red: "a finding",
    modules: ["golang", "node"],
  },
  {
    stage: "<service>:typecheck",
    kinds: ["node"],
    tools: "the project's own, such as vue-tsc",
    red: "an error",
    modules: ["node"],
  },
  {
    stage: "<service>:test",
    kinds: ["go", "node", "docker"],
    tools: "`go test -race`; vitest; a Dockerfile's target; with servers by `needs`",
    red: "a failing test, none, low coverage",
    modules: ["dockerfile", "golang", "node", "postgres", "redis"],
  },
  {
    stage: "<service>:build",
    kinds: ["go", "node", "docker"],
    tools: "static binaries; the project's own build; the image of a Dockerfile",
    red: "it does not build",
    modules: ["dockerfile", "golang", "node"],
  },
  {
    stage: "<service>:scan",
    kinds: ["go", "node", "docker"],
    byDockerfile: true,
    tools: "what the image of a Dockerfile holds (SBOM), looked up in OSV",
    red: "the image does not build; a vulnerability that counts",
    modules: ["dockerfile"],
  },
  {
    stage: "lint:yaml",
    tools: "yamllint, by the repository's own rules or for errors only",
    red: "an error",
    modules: ["yamllint"],
  },
  {
    stage: "lint:helm",
    tools: "helm lint, the delivered chart with what each environment deploys",
    red: "a finding",
    modules: [],
    images: ["helm"],
  },
  {
    stage: "lint:terraform",
    tools: "terraform fmt; hclfmt if there is no Terraform",
    red: "a file that is not formatted",
    modules: [],
    images: ["debian", "golang"],
  },
  {
    stage: "lint:golangci",
    tools: "golangci-lint, on Go services with a `.golangci.*`",
    red: "a finding",
    modules: [],
    configured: { "golangci-lint": golangciFiles },
  },
  {
    stage: "sast:go",
    tools: "gosec",
    red: "a finding of `gates.sast.severity` or worse",
    modules: ["gosec", "golang"],
  },
  {
    stage: "sast:js",
    tools: "eslint-plugin-sonarjs",
    red: "a finding of `gates.sast.severity` or worse",
    modules: ["sonarjs"],
  },
  {
    stage: "dependencies",
    tools: "cyclonedx (SBOM, licences), govulncheck, npm audit",
    red: "a vulnerability or a licence that counts",
    modules: ["audit", "cyclonedx", "gitflow", "golang"],
  },
  {
    stage: "quality",
    tools: "SonarQube, yours or an ephemeral one",
    red: "its quality gate; no answer in time",
    modules: ["sonarqube"],
  },
  {
    stage: "coverage:total",
    tools: "the coverage of all tests, Go and JavaScript together",
    red: "below `gates.coverage.total`, or a coverage gate falls",
    modules: [],
  },
  {
    stage: "coverage:changed",
    tools: "the coverage of changed lines",
    red: "below `gates.coverage.changedLines`",
    modules: ["gitflow"],
  },
] as const satisfies CatalogueEntry[]

type Entry = (typeof catalogue)[number]

/** Stages of the whole repository. */
export type RepositoryStage = Exclude<Entry["stage"], `<service>:${string}`>

const entries: readonly CatalogueEntry[] = catalogue
const firstOfServices = entries.findIndex(({ kinds }) => kinds)

/** Returns the names of all stages, services in the given order. */
export function stageNamesOf(services: Record<string, { kind: ServiceKind; dockerfile?: object }>): string[] {
  const ofRepository = (some: readonly CatalogueEntry[]) => some.filter(({ kinds }) => !kinds).map(({ stage }) => stage)
  const ofServices = Object.entries(services).flatMap(([name, { kind, dockerfile }]) =>
    entries
      .filter(({ kinds, byDockerfile }) => kinds?.includes(kind) && (!byDockerfile || dockerfile !== undefined))
      .map(({ stage }) => stage.replace("<service>", name)),
  )
  return [
    ...ofRepository(entries.slice(0, firstOfServices)),
    ...ofServices,
    ...ofRepository(entries.slice(firstOfServices)),
  ]
}

/** Names that a service cannot have, each with the stages that it would select. */
export function reservedNames(): Record<string, string[]> {
  const reserved: Record<string, string[]> = {}
  for (const { stage, kinds } of entries) if (!kinds) (reserved[stage.split(":")[0]!] ??= []).push(stage)
  return reserved
}

/** The functions of `dagger check`, each with the steps that it selects. */
export const checkFunctions = {
  secrets: ["secrets"],
  lint: ["lint"],
  typecheck: ["typecheck"],
  test: ["test"],
  build: ["build"],
  coverage: ["test", "coverage"],
  sast: ["sast"],
  dependencies: ["dependencies", "scan"],
  quality: ["test", "quality"],
}
export type CheckFunction = keyof typeof checkFunctions

/** Modules and images that a call needs. */
export interface Uses {
  modules: string[]
  images: string[]
  configured?: Record<string, string[]>
}

/** Returns what the checks of some steps need; all checks if no step is given. */
export function usesOfChecks(steps?: string[]): Uses {
  const used = entries.filter(({ stage }) => !steps || stage.split(":").some((word) => steps.includes(word)))
  const configured = Object.assign({}, ...used.map((entry) => entry.configured ?? {})) as Record<string, string[]>
  return {
    modules: distinct(used.flatMap(({ modules }) => modules)),
    // git in it says which files are sources.
    images: distinct(["golang", ...used.flatMap(({ images = [] }) => images)]),
    ...(Object.keys(configured).length ? { configured } : {}),
  }
}

const distinct = (names: string[]): string[] => [...new Set(names)].sort()

/** Returns README's table of checks. */
export function catalogueTable(): string {
  const rows = entries.map(({ stage, tools, red }) => `| \`${stage}\` | ${tools} | ${red} |`)
  return ["| stage | tools | red when |", "|---|---|---|", ...rows].join("\n")
}
