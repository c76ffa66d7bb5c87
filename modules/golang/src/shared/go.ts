// Generated from modules/shared/go.ts by `npm run sync`; do not edit.
// The caches of Go, and programs that are compiled for a module.
import { Container, dag } from "@dagger.io/dagger"

/**
 * The container with the caches that all of these modules share, so that nothing is fetched or compiled twice: Go's modules, and what the Go of
 * one image has compiled. An image that brings another program and the same Go takes the one of the module golang.
 */
export function withGoCaches(container: Container, image: string = "golang:1.26.8-bookworm"): Container {
  return container
    .withMountedCache("/go/pkg/mod", dag.cacheVolume("delivery-golang-modules"))
    .withMountedCache(
      "/root/.cache/go-build",
      dag.cacheVolume(`delivery-golang-build-${image.replace(/[^\w.-]/g, "-")}`),
    )
}

/**
 * The container with a Go program (`package@version`) in /usr/local/bin. All are compiled as lint and build compile, and one after the other with lint (turns.ts in golang), so what they have in common is
 * compiled once; with four times the memory that lives before the compiler collects, a fifth less processor time. An image without flock waits for nobody.
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
