import { Container, Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module image. */
@object()
export class ImageExample {
  /** A service's image of its program, with a port. */
  @func()
  service(program: Directory, sha: string, commitTime: string): Container {
    const options = { entrypoint: ["/app/server"], ports: [8080], labels: ["org.opencontainers.image.title=api"] }
    return dag.image().build(program, sha, commitTime, options)
  }
}
