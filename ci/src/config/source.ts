// The source that a pipeline is given: its delivery.yaml, and what is wrong with it before anything runs.
import type { Directory } from "@dagger.io/dagger"
import { goLayout } from "../shared/gosource"
import { parseConfig, type Config, type Service } from "./config"
import { dockerfileFaults, hasDockerfile } from "./dockerfile"
import { lockfileFault } from "./node-root"

/** The text of the source's delivery.yaml. */
export async function configText(source: Directory): Promise<string> {
  if (!(await source.exists("delivery.yaml")))
    throw new Error(
      "no delivery.yaml in the source: it says what is delivered. The least is:\nservices:\n  <name>: { path: <folder>, kind: go }",
    )
  return source.file("delivery.yaml").contents()
}

/** Reads delivery.yaml and compares it with the source; the error lists every fault. */
export async function readConfig(source: Directory): Promise<Config> {
  const config = parseConfig(await configText(source))
  const faults = (
    await Promise.all([
      gitFault(source),
      ...Object.entries(config.services).map(([name, service]) => serviceFaults(source, name, service)),
    ])
  )
    .flat()
    .filter((fault) => fault !== undefined)
  if (faults.length)
    throw new Error(`the source cannot be checked:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`)
  return config
}

async function gitFault(source: Directory): Promise<string | undefined> {
  if (await source.exists(".git/HEAD")) return undefined
  if (await source.exists(".git"))
    return "source: .git is a file, as in a git worktree or submodule, so the history is elsewhere; give a clone"
  return "source is not a git repository (no .git): secrets are looked for in its history. Run `git init` and commit, or give the repository's root"
}

async function serviceFaults(source: Directory, name: string, service: Service): Promise<string[]> {
  const fault = await serviceFault(source, name, service)
  if (fault !== undefined) return [fault]
  return hasDockerfile(service) ? dockerfileFaults(source, name, service) : []
}

async function serviceFault(
  source: Directory,
  name: string,
  { path, kind, inputs }: Service,
): Promise<string | undefined> {
  for (const input of inputs)
    if (!(await source.exists(input))) return `services.${name}.inputs: ${input} does not exist in the source`
  const service = `services.${name}.path: ${path}`
  if (!(await source.exists(path))) return `${service} does not exist in the source`
  const entries = await source.directory(path).entries()
  if (!entries.length) return `${service} is an empty folder`
  if (kind === "go" && !entries.includes("go.mod"))
    return `${service} has no go.mod; make one with \`go mod init\`, or correct the kind`
  if (kind === "go") return goFault(source, name, path)
  if (kind === "node" && !entries.includes("package.json")) return `${service} has no package.json, or correct the kind`
  const fault = kind === "node" ? await lockfileFault(source, path) : undefined
  return fault && `${service}: ${fault}`
}

/** Why a Go module cannot be checked: a folder that it needs is missing, or lies outside of the repository. */
async function goFault(source: Directory, name: string, path: string): Promise<string | undefined> {
  return goLayout(source, path).then(
    () => undefined,
    (error: unknown) => `services.${name}.path: ${(error as Error).message}`,
  )
}
