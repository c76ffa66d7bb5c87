/**
 * Container registries: one that lives as long as a call, pushing images to any, and small files stored beside images.
 *
 * A tag is never moved: pushing the same image or files again does nothing, something else under the same tag is an error.
 */
import {
  CacheSharingMode,
  Container,
  Directory,
  ImageLayerCompression,
  ReturnType,
  Secret,
  Service,
  dag,
  func,
  object,
} from "@dagger.io/dagger"
import { images } from "./images"
import { checkedPrefix, nameOf, parsePushed, trouble } from "./read"
import { pullScript, pullTaggedScript, pushFilesScript, pushScript } from "./scripts"
import { firstLine } from "./shared/clock"
import { uncached } from "./shared/nonce"
import { Result, makeResult, reportStep, timedOutAfter } from "./shared/result"
import { Ran, readReport, runStep } from "./shared/step"

@object()
export class Registry {
  /** User of the registry; set by withLogin. */
  username?: string
  /** Password of that user; set by withLogin. */
  password?: Secret
  /** Images to push; set by withImage. */
  images?: Container[]
  /** The reference of each of them, in the same order; set by withImage. */
  references?: string[]
  /** References whose image stays if it exists already; set by withImage. */
  kept?: string[]

  /**
   * Sets the login that `push`, `push-files` and `pull-files` use; without it nobody logs in.
   *
   * Example: `dagger -m modules/registry call with-login --username ci --password env://REGISTRY_PASSWORD
   * pull-files --reference registry.example.com/shop/notes:1 entries`
   *
   * @param username User of the registry, for example `ci`.
   * @param password Password of the user, for example `env://REGISTRY_PASSWORD`.
   */
  @func({ cache: "session" })
  withLogin(username: string, password: Secret): Registry {
    this.username = username
    this.password = password
    return this
  }

  /**
   * Adds an image for `push`. Images of one reference, one for each platform, are pushed as an index.
   *
   * Example: `dagger -m modules/registry call
   * with-image --image debian:bookworm-slim --reference registry:5000/base/debian:12
   * push --service tcp://127.0.0.1:5000 --insecure verdict`
   *
   * @param image The image, for example `debian:bookworm-slim`.
   * @param reference Its name and tag, `host/path:tag`, for example `registry:5000/base/debian:12`.
   * @param keep Whether an image that the tag has already stays, though it is another one, for example `true`: for images that
   * are not the same bytes when they are built again.
   */
  @func({ cache: "session" })
  withImage(image: Container, reference: string, keep: boolean = false): Registry {
    nameOf(reference)
    if (keep) this.kept = [...(this.kept ?? []), reference]
    this.images = [...(this.images ?? []), image]
    this.references = [...(this.references ?? []), reference]
    return this
  }

  /**
   * Starts a registry at port 5000, which speaks plain HTTP and needs no login: for the containers of one call.
   * It is empty unless a volume holds the images of an earlier one.
   *
   * Example: `dagger -m modules/registry call server ports port`
   *
   * @param instance Name of the registry, for example `rehearsal`; another name starts another registry.
   * @param volume Name of a cache volume for its blobs, for example `shop`; empty to lose them with the call.
   * @param image Image of the distribution registry, for example `registry:3`.
   */
  @func({ cache: "session" })
  server(instance: string = "", volume: string = "", image: string = images.registry): Service {
    let container = dag
      .container()
      .from(image)
      .withEnvVariable("INSTANCE", instance)
      .withEnvVariable("OTEL_TRACES_EXPORTER", "none")
    if (volume !== "")
      container = container.withMountedCache("/var/lib/registry", dag.cacheVolume(`delivery-registry-${volume}`), {
        sharing: CacheSharingMode.Shared,
      })
    return container.withExposedPort(5000).asService({ useEntrypoint: true })
  }

  /**
   * Returns a container with crane, without a login: for what this module has no function for.
   *
   * Example: `dagger -m modules/registry call base with-exec --args crane,version stdout`
   *
   * @param image Image with crane at /ko-app/crane, for example `gcr.io/go-containerregistry/crane:v0.20.6`.
   */
  @func()
  base(image: string = images.crane): Container {
    // Debian's slim image has no certificate authorities, without which no registry answers at https.
    const authorities = "/etc/ssl/certs/ca-certificates.crt"
    const vendor = dag.container().from(image)
    return dag
      .container()
      .from(images.debian)
      .withFile("/usr/local/bin/crane", vendor.file("/ko-app/crane"))
      .withFile(authorities, vendor.file(authorities))
  }

  /**
   * Pushes the images of `with-image`: all of them, or none when one of their tags is another image already that is not kept.
   * Existing images are not pushed again. `pushed.json` in the reports lists the images with their digests; the
   * result's value is the number of images pushed. Exit codes: 0 passed, 1 crane failed, 3 a tag is another image, 4
   * the login is refused or has expired, 124 not finished in time.
   *
   * Example: `dagger -m modules/registry call
   * with-image --image debian:bookworm-slim --reference registry:5000/base/debian:12
   * push --service tcp://127.0.0.1:5000 --insecure verdict`
   *
   * @param service The registry, when it is a Dagger service or on the caller's own machine, for example
   * `tcp://127.0.0.1:5000`; by default the host in the references has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in the references, for example `registry`.
   * @param insecure Whether the registry may speak plain HTTP, for example `true`.
   * @param timeout Seconds that all images may take, for example `300`.
   * @param name Name of the result, for example `push`.
   * @param nonce Any value not used before, for example `$RANDOM`, pushes again instead of returning the result of this
   * session.
   */
  @func({ cache: "session" })
  async push(
    service?: Service,
    serviceName: string = "registry",
    insecure: boolean = false,
    timeout: number = 600,
    name: string = "publish",
    nonce: string = "",
  ): Promise<Result> {
    const references = this.references ?? []
    const hosts = [...new Set(references.map((reference) => reference.split("/")[0]!))]
    if (hosts.length !== 1)
      throw new Error(`with-image: the hosts are ${hosts.join(", ") || "none"}; images of one host are needed`)
    const container = withImages(craneWith(this, { service, serviceName, nonce }), this.images ?? []).withEnvVariable(
      "KEEP",
      (this.kept ?? []).join("\n"),
    )
    const args = [insecure ? "--insecure" : "", hosts[0]!, this.username ?? "", ...references]
    return reportStep(name, async () =>
      pushResult(
        name,
        new Set(references).size,
        await runStep(container, ["bash", "-c", pushScript, "push", ...args], timeout),
      ),
    )
  }

  /**
   * Stores small files beside the images, as an artifact of one layer, and returns its digest.
   * The same files always have the same digest. A tag that has it already is not pushed again; a tag that has another
   * is an error.
   *
   * Example: `dagger -m modules/registry call push-files --files test/fixtures/page
   * --references registry:5000/shop/notes:1 --service tcp://127.0.0.1:5000 --insecure`
   *
   * @param files The files, for example `./notes`.
   * @param references Names and tags, `host/path:tag`, of one repository, for example `registry:5000/shop/notes:1`.
   * @param service The registry, when it is a Dagger service or on the caller's own machine, for example
   * `tcp://127.0.0.1:5000`; by default the host in the references has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in the references, for example `registry`.
   * @param insecure Whether the registry may speak plain HTTP, for example `true`.
   * @param nonce Any value not used before, for example `$RANDOM`, stores again instead of returning the digest of this
   * session.
   * @param move Whether a tag of other files is moved to these, for example `true`: for repositories whose tags are
   * mutable by decision.
   */
  @func({ cache: "session" })
  async pushFiles(
    files: Directory,
    references: string[],
    service?: Service,
    serviceName: string = "registry",
    insecure: boolean = false,
    nonce: string = "",
    move: boolean = false,
  ): Promise<string> {
    const names = [...new Set(references.map(nameOf))]
    if (names.length !== 1)
      throw new Error(`references: the repositories are ${names.join(", ") || "none"}; tags of one are needed`)
    const container = craneWith(this, { service, serviceName, nonce })
      .withMountedDirectory("/files", files)
      .withEnvVariable("MOVE", move ? "yes" : "")
    const args = [insecure ? "--insecure" : "", names[0]!.split("/")[0]!, this.username ?? "", ...references]
    return (await (await succeeded(container, pushFilesScript, args)).stdout()).trim()
  }

  /**
   * Returns the files of an artifact that `push-files` has stored, or of any image.
   * A tag that does not exist is an error, unless `optional` is set.
   *
   * Example: `dagger -m modules/registry call pull-files --reference registry:5000/shop/notes:1
   * --service tcp://127.0.0.1:5000 --insecure entries`
   *
   * @param reference Name of the artifact by tag or digest, for example `registry:5000/shop/notes:1`.
   * @param service The registry, when it is a Dagger service or on the caller's own machine, for example
   * `tcp://127.0.0.1:5000`; by default the host in the reference has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in the reference, for example `registry`.
   * @param insecure Whether the registry may speak plain HTTP, for example `true`.
   * @param nonce Any value not used before, for example `$RANDOM`, asks again instead of returning the files of this
   * session.
   * @param optional Whether a tag that does not exist gives an empty directory, for example `true`. Every other failure
   * is an error all the same.
   */
  @func({ cache: "session" })
  async pullFiles(
    reference: string,
    service?: Service,
    serviceName: string = "registry",
    insecure: boolean = false,
    nonce: string = "",
    optional: boolean = false,
  ): Promise<Directory> {
    const container = craneWith(this, { service, serviceName, nonce })
    const flags = [insecure ? "--insecure" : "", reference.split("/")[0]!, this.username ?? ""]
    const args = [...flags, reference, optional ? "optional" : ""]
    return (await succeeded(container, pullScript, args)).directory("/out")
  }

  /**
   * Returns the files of all artifacts of a repository whose tag is `prefix`, or begins with it and a dot: each in a
   * folder with the name of its tag. A repository that does not exist has none. This reads records that are only ever
   * added, one tag each.
   *
   * Example: `dagger -m modules/registry call pull-tagged --repository registry:5000/shop/notes --prefix 1
   * --service tcp://127.0.0.1:5000 --insecure entries`
   *
   * @param repository Name of the repository, `host/path`, for example `registry:5000/shop/notes`.
   * @param prefix Beginning of the tags, for example `1`; empty for all tags.
   * @param service The registry, when it is a Dagger service or on the caller's own machine, for example
   * `tcp://127.0.0.1:5000`; by default the host in the name has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in the name, for example `registry`.
   * @param insecure Whether the registry may speak plain HTTP, for example `true`.
   * @param nonce Any value not used before, for example `$RANDOM`, asks again instead of returning the files of this
   * session.
   */
  @func({ cache: "session" })
  async pullTagged(
    repository: string,
    prefix: string = "",
    service?: Service,
    serviceName: string = "registry",
    insecure: boolean = false,
    nonce: string = "",
  ): Promise<Directory> {
    nameOf(`${repository}:x`)
    const container = craneWith(this, { service, serviceName, nonce })
    const flags = [insecure ? "--insecure" : "", repository.split("/")[0]!, this.username ?? ""]
    return (await succeeded(container, pullTaggedScript, [...flags, repository, checkedPrefix(prefix)])).directory(
      "/out",
    )
  }
}

/** crane with access to a registry; never answered from the cache. */
function craneWith(
  registry: Registry,
  { service, serviceName, nonce }: { service?: Service; serviceName: string; nonce: string },
): Container {
  let container = uncached(registry.base().withMountedTemp("/tmp"), nonce)
  if (service) container = container.withServiceBinding(serviceName, service)
  if (registry.password) container = container.withMountedSecret("/run/secrets/password", registry.password)
  return container
}

/** The container with images as /images/<number>.tar, from 1. */
function withImages(container: Container, images: Container[]): Container {
  // One compression for all layers: otherwise a digest would depend on how the engine happens to store those of a base.
  const forcedCompression = ImageLayerCompression.Gzip
  return images.reduce(
    (one, image, i) => one.withMountedFile(`/images/${i + 1}.tar`, image.asTarball({ forcedCompression })),
    container,
  )
}

/** The result of a push of `wanted` images. */
async function pushResult(name: string, wanted: number, ran: Ran): Promise<Result> {
  const output = await readReport(ran.reports, "output.txt")
  const pushed = parsePushed(output)
  const passed = ran.exitCode === 0 && pushed.length === wanted
  const count = pushed.filter((image) => image.pushed).length
  const failure = ran.timedOut ? timedOutAfter(ran) : trouble(output) || `exit code ${ran.exitCode}`
  const reason = passed ? `${count} pushed, ${pushed.length - count} existed already` : failure
  return makeResult(name, passed ? "passed" : "failed", reason, {
    ...ran,
    cached: false,
    value: count,
    unit: "images pushed",
    reports: ran.reports.withNewFile("pushed.json", `${JSON.stringify(pushed, null, 1)}\n`),
  })
}

/** Seconds that storing or fetching files may take. */
const filesTimeout = 120

/** The container in which a script has run; an error with the registry's answer when it failed. */
async function succeeded(container: Container, script: string, args: string[]): Promise<Container> {
  const command = ["timeout", String(filesTimeout), "bash", "-c", script, "registry", ...args]
  const done = container.withExec(command, { expect: ReturnType.Any })
  const code = await done.exitCode()
  if (code === 124) throw new Error(`the registry did not answer within ${filesTimeout} s`)
  if (code !== 0) throw new Error(trouble(await done.stderr()) || firstLine(await done.stdout()) || `exit code ${code}`)
  return done
}
