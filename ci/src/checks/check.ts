// The shape of a check of the whole repository, and what every check gets.
import type { Directory } from "@dagger.io/dagger"
import type { RepositoryStage } from "../catalogue"
import type { Config, Service } from "../config/config"
import { collect, type Part } from "../report/parts"
import { folderOf, type Found } from "../report/stages"
import type { Changed } from "./changed"
import type { Access } from "./private"

/** What every check gets. */
export interface CheckRun {
  source: Directory
  config: Config
  /** Seconds since 1970 after which unfinished work is reported as skipped; 0 for never. */
  deadline: number
  /** Any value not used before: the tools run again instead of answering from the cache. */
  nonce: string
  access: Access
  /** What the source changes. */
  changed: Promise<Changed>
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
  /** Decides what the result amounts to, for example by counting findings. */
  judge?: (run: CheckRun) => ((part: Part) => Part) | undefined
}

/** The reason why a check does not apply to a repository. */
export class NotApplicable {
  constructor(readonly reason: string) {}
}

export function defineCheck<Input>({ name, applies, run, judge }: Definition<Input>): Check {
  return {
    name,
    run: async (context) => {
      const input = await applies(context)
      if (input instanceof NotApplicable) return notApplicable(name, input.reason)
      return collect(folderOf(name), [name], () => run(context, input), judge?.(context))
    },
  }
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
  return steps.map((step) => `${step}=${timeouts[step as keyof Config["timeouts"]]}`)
}
