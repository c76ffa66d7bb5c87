// The Dockerfile of a service: where it lies, and what is wrong with it before anything runs.
import type { Directory } from "@dagger.io/dagger"
import { targetFault } from "../shared/dockerfile"
import { inFolder, isIn, relativeTo } from "../shared/folders"
import type { Service } from "./types"

/** A service whose image is built by a Dockerfile. */
export type DockerService = Service & { dockerfile: NonNullable<Service["dockerfile"]> }

export function hasDockerfile(service: Service): service is DockerService {
  return service.dockerfile !== undefined
}

/** Where a service's Dockerfile may lie, in this order. */
export function dockerfilePlaces({ path, dockerfile }: DockerService): string[] {
  return [...new Set([inFolder(path, dockerfile.path), dockerfile.path])]
}

/** The path of a service's Dockerfile from the root; undefined if there is none. */
export async function dockerfileOf(source: Directory, service: DockerService): Promise<string | undefined> {
  for (const place of dockerfilePlaces(service)) if (await source.exists(place)) return place
  return undefined
}

/** The path of a file in a folder; undefined if it lies elsewhere. */
export function pathIn(folder: string, file: string): string | undefined {
  return isIn(file, folder) ? relativeTo(folder, file) : undefined
}

/** What is wrong with a service's Dockerfile, one line each. */
export async function dockerfileFaults(source: Directory, name: string, service: DockerService): Promise<string[]> {
  const { dockerfile, test, path } = service
  const file = await dockerfileOf(source, service)
  if (file === undefined) return [missing(name, service, await likely(source, path))]
  const faults: string[] = []
  if (!(await source.exists(dockerfile.context)))
    faults.push(`services.${name}.dockerfile.context: ${dockerfile.context} does not exist in the source`)
  const text = await source.file(file).contents()
  const targets: [setting: string, target: string][] = [["dockerfile.target", dockerfile.target]]
  if (test?.target) targets.push(["test.target", test.target])
  for (const [setting, target] of targets) {
    const fault = targetFault(text, target)
    if (fault !== "") faults.push(`services.${name}.${target ? setting : "dockerfile"}: ${file}: ${fault}`)
  }
  return [...new Set(faults)]
}

function missing(name: string, service: DockerService, others: string[]): string {
  const places = dockerfilePlaces(service).join(" and ")
  const found = others.length ? `; there is: ${others.join(", ")}` : ""
  return `services.${name}.dockerfile: ${service.dockerfile.path} does not exist (looked for ${places})${found}`
}

/** Files below a folder that look like Dockerfiles. */
async function likely(source: Directory, path: string): Promise<string[]> {
  if (!(await source.exists(path))) return []
  const found = await source.directory(path).glob("**/*ockerfile*")
  return found.filter((file) => !/(^|\/)node_modules\/|\.dockerignore$|\/$/.test(file)).slice(0, 5)
}
