// Generated from modules/shared/go.ts by `npm run sync`; do not edit.
// The caches of Go, and programs that are compiled for a module.
import { Container, Directory, dag } from "@dagger.io/dagger"

/**
 * The container with the caches that all modules share, so that nothing is fetched or compiled twice: Go's modules, and
 * what the Go of one image has compiled. An image with the same Go and another program names the image of golang.
 */
export function withGoCaches(container: Container, image: string = "golang:1.26.8-bookworm"): Container {
  return container
    .withMountedCache("/go/pkg/mod", dag.cacheVolume("delivery-golang-modules"))
    .withMountedCache(
      "/root/.cache/go-build",
      dag.cacheVolume(`delivery-golang-build-${image.replace(/[^\w.-]/g, "-")}`),
    )
}

/** The container with downloaded modules instead of the cache that all share, and no other: nothing else can be fetched. */
export function withModules(container: Container, modules?: Directory): Container {
  return modules
    ? container
        .withoutMount("/go/pkg/mod")
        .withMountedDirectory("/go/pkg/mod", modules)
        .withEnvVariable("GOPROXY", "off")
    : container
}

/**
 * The container with a Go program (`package@version`) in /usr/local/bin. It is compiled with the flags of lint and build,
 * and takes turns with lint (turns.ts), so that common packages are compiled once. GOGC=400 costs memory and saves a
 * fifth of the processor time. Without flock in the image it does not wait.
 */
export function withGoProgram(container: Container, program: string): Container {
  const inTurn = 'mkdir -p "$1" && exec 9> "$1/lock" && { flock 9 2> /dev/null || true; } && exec go install "$2"'
  return container.withExec([
    "env",
    "GOBIN=/usr/local/bin",
    "CGO_ENABLED=0",
    "GOFLAGS=-trimpath",
    "GOGC=400",
    "sh",
    "-c",
    inTurn,
    "install",
    "/root/.cache/go-build/known-lint",
    program,
  ])
}
