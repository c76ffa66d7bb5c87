// The settings of a delivery.yaml: in full, as the pipelines read them, and as a valid file may write them.
import type { Detected } from "./detect"
import type { EvidenceSettings } from "./evidence"
import type { Product, Run, WrittenProduct } from "./product"
import type { Promote, WrittenPromote } from "./promote"

export type Kind = "go" | "node" | "docker"
/** A server that tests reach: one that the pipeline knows, or a container of any image. */
export type Need = "postgres" | "redis" | ContainerNeed

export interface ContainerNeed {
  name: string
  image: string
  port: number
  env: Record<string, string>
  args: string[]
  /** Time until it has to listen on its port. */
  seconds: number
}

export interface Service {
  path: string
  kind: Kind
  /** More folders that its checks read. */
  inputs: string[]
  /** Servers that its tests reach. */
  needs: Need[]
  /** Environment variables of its tests. */
  testEnv: Record<string, string>
  /** Build tags of a Go service. */
  tags: string[]
  /** Go's own variables for a Go service. */
  goenv: Record<string, string>
  /** Statement coverage that its tests must reach, in percent; 0 for none. */
  coverage: number
  /** Whether the file sets that number, for this service or for all. A default holds only what measures coverage. */
  coverageWritten: boolean
  /** Whether it is delivered, as an image. */
  image: boolean
  /** How its image is built, if not as the kind's own. */
  dockerfile?: DockerfileSettings
  /** The tests of a service of the kind docker. */
  test?: ImageTest
  run?: Run
  /** The npm scripts that a Node service's steps run, where they are not named like the step. */
  scripts: Partial<Record<NodeStep, string>>
  /** Folders and patterns below `path` that are not part of a Node service. */
  exclude: string[]
}

/** A Dockerfile and how it is built. */
export interface DockerfileSettings {
  /** Below the service's folder, or else below the root. */
  path: string
  /** The folder of the build context, from the root. */
  context: string
  /** The stage that is delivered; empty for the last one. */
  target: string
  args: Record<string, string>
}

/** Tests by a stage of a Dockerfile, a command in an image, or both. */
export interface ImageTest {
  target?: string
  command?: string[]
  /** A JUnit report in the image. */
  junit?: string
}

export type Platform = "linux/amd64" | "linux/arm64"

export type NodeStep = "lint" | "typecheck" | "test" | "build"

export type EnvironmentName = "dev" | "stage" | "prod"
/** Where pull requests are, if it is no hosted forge. */
export interface Forge {
  kind: "github" | "gitlab" | "gitea" | "bitbucket"
  /** Address of its API; undefined for a hosted forge's. */
  api?: string
}

export type Step = "pr" | "publish" | "dev" | "stage" | "prod" | "rollback"

/** Where the product runs, and which numbers it must reach there. delivery.schema.json says what each is. */
export interface Environment {
  appMode: string
  appUrl: string
  cluster: string
  region?: string
  namespace: string
  values: string
  port: number
  tests: ("api" | "ui")[]
  /** What a release needs before it may be deployed here. */
  promote: Promote
  prometheus?: string
  /** The keys of its Kubernetes Secret with their values on an ephemeral cluster, by the Secret's name. */
  secrets: Record<string, Record<string, string>>
  gates: {
    load?: { users: number; duration: number; p95: number; errors: number }
    dast?: { high: number; medium: number; low: number; urls: number; seconds: number; seeds: string[] }
    feedback?: { path: string; blocker: number; critical: number }
    analysis?: {
      window: number
      interval: number
      errors: number
      p95: number
      requests: string
      durations: string
    }
  }
}

/** Coverage that all tests together must reach, in percent; 0 for none. */
export interface Coverage {
  total: number
  changedLines: number
}

/** What SonarQube looks for, and for how long. */
export interface Quality {
  conditions: string[]
  exclusions: string[]
  project: string
  seconds: number
}

/** What linters of the whole repository leave out. */
export interface Lint {
  exclusions: string[]
}

/** Files of the repository that gitleaks reads; "" for none but its usual ones. */
export interface Secrets {
  config: string
  baseline: string
}

/** How bad a finding has to be to count. */
export type Severity = "high" | "medium" | "low"

/** Which findings count: all, or those that the base of a change does not have. */
export type Scope = "all" | "new"

/** What dependencies may be. */
export interface Dependencies {
  severity: Severity
  licences: { allow: string[]; deny: string[] }
  /** Where vulnerabilities are known: addresses, or for Go a folder of the repository. */
  database: { go: string; npm: string; osv: string }
  /** Whether a database that cannot be asked holds the pipeline. */
  inconclusive: "warn" | "fail"
}

/** A finding that is known and accepted for a while. */
export interface Suppression {
  rule: string
  path: string
  reason: string
  /** The last day, as YYYY-MM-DD. */
  until: string
}

export interface Config extends Product {
  /** What the services were found by, if there is no delivery.yaml. */
  detected?: Detected
  services: Record<string, Service>
  coverage: Coverage
  quality?: Quality
  sast: Severity
  dependencies: Dependencies
  lint: Lint
  secrets: Secrets
  scope: Scope
  suppressions: Suppression[]
  /** The page of the repository, for links in reports; else what git's remote says. */
  repository?: string
  registry: string
  /** The platforms of images. */
  platforms: Platform[]
  environments: Partial<Record<EnvironmentName, Environment>>
  evidence: EvidenceSettings
  branches: Record<"develop" | "master", string>
  notifications: { slack?: { channel: string; on: Step[] }; forge?: Forge }
  timeouts: Record<"secrets" | "lint" | "typecheck" | "test" | "build", number>
}

/** What a valid file holds: everything that has a default may be missing. */
export type WrittenConfig = WrittenProduct &
  Pick<Config, "repository" | "suppressions" | "registry" | "platforms" | "evidence"> &
  Partial<Pick<Config, "branches" | "notifications">> & {
    environments?: Partial<Record<EnvironmentName, WrittenEnvironment>>
    services: Record<string, WrittenService>
    gates?: WrittenGates
    timeouts?: Partial<Config["timeouts"]>
  }

export type WrittenEnvironment = Omit<Environment, "promote"> & { promote: WrittenPromote }

export type WrittenService = Pick<Service, "path" | "kind" | "test" | "run"> & {
  image?: boolean
  dockerfile?: string | Partial<DockerfileSettings>
  needs?: (string | WrittenContainer)[]
} & Partial<Pick<Service, "inputs" | "testEnv" | "tags" | "goenv" | "coverage" | "scripts" | "exclude">>

export type WrittenContainer = Pick<ContainerNeed, "name" | "image" | "port"> & Partial<ContainerNeed>

export interface WrittenGates {
  coverage?: { service?: number } & Partial<Coverage>
  quality?: Quality
  sast?: { severity: Severity }
  dependencies?: Partial<Omit<Dependencies, "licences" | "database">> & {
    licences?: Partial<Dependencies["licences"]>
    database?: Partial<Dependencies["database"]>
  }
  lint?: Lint
  secrets?: Partial<Secrets>
  scope?: Scope
}
