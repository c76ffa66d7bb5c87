// The Go module that a function works on, and the containers with its files.
import { Container, Directory, dag } from "@dagger.io/dagger"
import { withGoCaches } from "./shared/go"
import { goLayout, inWorkspace } from "./shared/gosource"

/** Where the source is mounted. */
export const workdir = "/src"

/** A Go module: `path` is its folder in `source`, which holds everything that it needs. */
export interface GoModule {
  source: Directory
  path: string
  /** Name in results. */
  name: string
  /** Its folder in the container. */
  workdir: string
  /** Whether a go.work lies above it that does not use it. */
  isApart: boolean
  /** Whether its modules are in a vendor folder: nothing is fetched. */
  isVendored: boolean
}

/** Finds the Go module at `path`; an error when it, or a folder that it needs, is missing from the source. */
export async function findModule(source: Directory, path: string, name: string): Promise<GoModule> {
  const { folders, isApart, isVendored } = await goLayout(source, path)
  const own = folders[0]!
  return {
    source,
    path: own,
    name: name || own.split("/").at(-1)!.replace(/^\.$/, "go"),
    workdir: own === "." ? workdir : `${workdir}/${own}`,
    isApart,
    isVendored,
  }
}

/** Go with the caches that all Go modules share. */
export function goContainer(image: string): Container {
  return withGoCaches(dag.container().from(image), image).withEnvVariable("GOBIN", "/usr/local/bin")
}

/** The container with the source, in the folder of the module. */
export function within(container: Container, module: GoModule): Container {
  return inWorkspace(container, module).withMountedDirectory(workdir, module.source).withWorkdir(module.workdir)
}

/** The container that builds for a platform. */
export function forPlatform(container: Container, goos: string, goarch: string): Container {
  return container.withEnvVariable("GOOS", goos).withEnvVariable("GOARCH", goarch)
}
