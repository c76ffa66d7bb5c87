import { Container, dag } from "@dagger.io/dagger"

// This file is the same in every module that compiles Go (a module cannot import a sibling's file): edit it in modules/golang/src and copy.

/**
 * The container with the caches that all of these modules share, so that nothing is fetched or compiled twice: Go's modules, and what the Go of
 * one image has compiled. An image that brings another program and the same Go takes the one of the module golang.
 */
export function withGoCaches(container: Container, image: string = "golang:1.26.8-bookworm"): Container {
  return container
    .withMountedCache("/go/pkg/mod", dag.cacheVolume("delivery-golang-modules"))
    .withMountedCache("/root/.cache/go-build", dag.cacheVolume(`delivery-golang-build-${image.replace(/[^\w.-]/g, "-")}`))
}
