// The shape of a check of the whole repository, and what every check gets.
import type { Directory } from "@dagger.io/dagger"
import type { RepositoryStage } from "../catalogue"
import type { Config, Service } from "../config/config"
import { collect, type Part } from "../report/parts"
import { folderOf, type Found, type Stage } from "../report/stages"
import type { Changed } from "./changed"
import { compareWithBase, type AtBase, type Comparing } from "./compare"
import type { Access } from "./private"
import { finished } from "./results"
import type { SameBy } from "./scope"

/** What every check gets. */
export interface CheckRun {
  /** The folder that the caller gives, with .git. */
  checkout: Directory
  /** Its files as git has them, without what it ignores. */
  source: Directory
  config: Config
  /** Seconds since 1970 after which unfinished work is reported as skipped; 0 for never. */
  deadline: number
  /** Any value not used before: the tools run again instead of answering from the cache. */
  nonce: string
  access: Access
  /** What the source changes. */
  changed: Promise<Changed>
  /** The branches that it is compared with, the first that exists. */
  branches: string[]
  /** Whether the source is the base of the change, which is looked at for known findings. */
  isBase?: boolean
}

/** A check of the whole repository. */
export interface Check {
  name: RepositoryStage
  run: (run: CheckRun) => Promise<Part>
}

/** A check as its file defines it. `Input` is what it works on. */
interface Definition<Input> {
  name: RepositoryStage
  /** Returns what the check works on, or the reason why it does not apply to this repository. */
  applies: (run: CheckRun) => Promise<Input | NotApplicable> | Input | NotApplicable
  /** Runs the tool on it. */
  run: (run: CheckRun, input: Input) => Promise<Found>
  /** Whether a stage has ended by itself, so that its findings are all; by default, if its exit code is 0. */
  ended?: (stage: Stage) => boolean
  /** What says that two findings are the same; their place by default. */
  identity?: SameBy
  /** Whether lines alone tell known findings from new ones, so that the tool need not run on the base. */
  isByLines?: boolean
  /** Decides what the result amounts to, for example by counting findings. */
  judge?: (run: CheckRun) => ((part: Part) => Part) | undefined
}

/** The reason why a check does not apply to a repository. */
export class NotApplicable {
  constructor(readonly reason: string) {}
}

export function defineCheck<Input>(definition: Definition<Input>): Check {
  const { name, applies, run, judge, ended = finished, identity, isByLines = false } = definition
  const atBase = async (context: CheckRun): Promise<AtBase | undefined> => {
    const { there, folders } = await servicesAtBase(context)
    const input = await applies(there)
    return input instanceof NotApplicable ? undefined : { ...(await run(there, input)), folders }
  }
  const comparing: Comparing = { stage: name, ended, identity, atBase: isByLines ? undefined : atBase }
  return {
    name,
    run: async (context) => {
      const input = await applies(context)
      if (input instanceof NotApplicable) return notApplicable(name, input.reason)
      const call = async () => compareWithBase(context, await run(context, input), comparing)
      return collect(folderOf(name), [name], call, judge?.(context))
    },
  }
}

/** Returns the run with the services that the base has. If some are not there, their folders say what was looked at. */
async function servicesAtBase(context: CheckRun): Promise<{ there: CheckRun; folders?: string[] }> {
  const all = Object.entries(context.config.services)
  const manifests: Partial<Record<string, string>> = { go: "go.mod", node: "package.json" }
  const isThere = await Promise.all(
    all.map(([, { path, kind }]) => context.source.exists(`${path}/${manifests[kind] ?? ""}`)),
  )
  if (isThere.every((one) => one)) return { there: context }
  const services = all.filter((_, i) => isThere[i])
  const folders = services.map(([, { path }]) => path)
  return { there: { ...context, config: { ...context.config, services: Object.fromEntries(services) } }, folders }
}

/** Returns a part with one stage that does not apply to this repository. */
export function notApplicable(name: string, reason: string): Part {
  return {
    folder: folderOf(name),
    stages: [{ name, status: "notApplicable", reason, seconds: 0, cached: false, exitCode: 0 }],
    files: {},
    reports: {},
  }
}

/** Returns the services of a kind by name. */
export function servicesOf({ services }: Config, kind: Service["kind"]): [string, Service][] {
  return Object.entries(services).filter(([, service]) => service.kind === kind)
}

/** Returns steps with their time limits in seconds, as modules take them: `test=900`. */
export function timedSteps({ timeouts }: Config, steps: string[]): string[] {
  // A scan builds the image first.
  const timeoutOf = (step: string) => timeouts[(step === "scan" ? "build" : step) as keyof Config["timeouts"]]
  return steps.map((step) => `${step}=${timeoutOf(step)}`)
}
