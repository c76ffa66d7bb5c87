// Runs the commands of a job as CircleCI does: a shell per step, variables of contexts, BASH_ENV, and storing steps whatever has failed.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Job } from "./compile"

/** The address of a job's page, as its variable has it. */
export const buildUrl = "https://circleci.com/gh/example/delivery/42"

/** Where a job runs. */
export interface Sandbox {
  /** The working directory. */
  folder: string
  /** A folder of programs that come before all others. */
  bin: string
  /** Variables of each context. */
  contexts: Record<string, Record<string, string>>
}

/** How a job ended. */
export interface Ended {
  passed: boolean
  output: string
  /** Paths that storing steps name and that are there. */
  stored: string[]
}

/** Runs a job. Steps that store run after a red one too, others only with `when: always`. */
export function runJob(job: Job, { folder, bin, contexts }: Sandbox): Ended {
  mkdirSync(folder, { recursive: true })
  const bashEnv = join(folder, ".bash_env")
  writeFileSync(bashEnv, "")
  const given = job.contexts.map((name) => {
    if (!contexts[name])
      throw new Error(`${job.name}: there is no context ${name}; contexts are ${Object.keys(contexts).join(", ")}`)
    return contexts[name]
  })
  const env: NodeJS.ProcessEnv = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    BASH_ENV: bashEnv,
    CIRCLECI: "true",
    CIRCLE_BUILD_URL: buildUrl,
    CIRCLE_WORKFLOW_JOB_ID: "6a1f0c52-6e1b-4b2b-9d0e-3a9d1d7a8f10",
    // The token is there for jobs that use a context, and for no other.
    ...(given.length ? { CIRCLE_OIDC_TOKEN_V2: "header.payload.signature" } : {}),
    ...job.build?.environment,
    ...Object.assign({}, ...given),
  }
  const ended: Ended = { passed: true, output: "", stored: [] }
  for (const { kind, options } of job.build?.steps ?? []) {
    if (kind === "store_artifacts" || kind === "store_test_results") {
      if (existsSync(join(folder, options.path as string))) ended.stored.push(options.path as string)
      continue
    }
    if (kind !== "run") continue
    const isDue = options.when === "always" || (options.when === "on_fail") !== ended.passed
    if (!isDue) continue
    const shell = ["-eo", "pipefail", "-c", options.command as string]
    // With a socket as its input, bash takes itself for a remote shell and reads ~/.bashrc.
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"]
    const { status, stdout, stderr } = spawnSync("bash", shell, { cwd: folder, env, encoding: "utf8", stdio })
    ended.output += stdout + stderr
    if (status !== 0) ended.passed = false
  }
  return ended
}

/** Writes a program of the sandbox that stands in for another one. */
export function stub(bin: string, name: string, script: string): void {
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, name), `#!/usr/bin/env bash\n# A stub of ${name}.\n${script}\n`, { mode: 0o755 })
}

/** Returns the lines that a stub has noted. */
export function notesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : []
}
