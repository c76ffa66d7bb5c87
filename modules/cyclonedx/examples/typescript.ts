import { Directory, File, dag, func, object } from "@dagger.io/dagger"

/** Calls the module cyclonedx. */
@object()
export class CyclonedxExample {
  /** The SBOM of several folders as one. */
  @func()
  bom(source: Directory, paths: string[]): File {
    return dag.cyclonedx().sbom(source, { paths }).reports().file("sbom.cdx.json")
  }

  /** The dependencies that changed since another state of the source. */
  @func()
  async changes(source: Directory, before: Directory): Promise<string> {
    return dag.cyclonedx().sbom(source, { before }).reports().file("diff.txt").contents()
  }
}
