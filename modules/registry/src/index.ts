/**
 * An image registry: one that lives as long as a call, pushing to any, and small artefacts beside images.
 *
 * Images are named by digest from here on. A tag is never moved: the same image again is no push, another one under the same tag is an error.
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
  float,
  func,
  object,
} from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { images } from "./images"
import { nameOf, parsePushed, trouble } from "./read"
import { getScript, pushScript, putScript } from "./scripts"
import { readReport, runStep, withResult } from "./shared/step"

/** What a push has done. */
@object()
export class Result {
  /** The name of the result, `publish` if no other was given. */
  @func() name: string
  /** `passed` or `failed`. */
  @func() status: string
  /** For a failure what the registry said; else how many images were pushed and how many were there. */
  @func() reason: string
  /** The exit code: 0 all well, 1 crane failed, 3 a tag has another digest, 4 the login was refused, 124 time-out. */
  @func() exitCode: number
  /** How long it took. */
  @func() seconds: float
  /** Always false: each session asks the registry. */
  @func() cached: boolean
  /** How many images were pushed. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `pushed.json` (a list of reference, byDigest, digest, pushed) and `output.txt`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    reports: Directory,
    pushed?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = false
    this.value = pushed
    this.unit = pushed === undefined ? "" : "images pushed"
    this.reports = reports
  }

  /** The reason; an error when the push did not pass, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

/** A registry and how to log in to it, as the functions below take it. */
interface Access {
  target?: Service
  targetName: string
  username: string
  password?: Secret
  insecure: boolean
}

@object()
export class Registry {
  /**
   * A registry at port 5000, empty unless a volume keeps what an earlier one had. It speaks plain HTTP and asks for no password: for the containers of one call.
   *
   * Example: `dagger -m modules/registry call server ports port`
   *
   * @param instance Two servers with the same settings are one and the same; another name makes another one.
   * @param volume The name of a cache volume for its blobs; without one they are gone with the call.
   * @param image Another image of distribution that is started as the vendor's is.
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
   * crane in a container, logged in to nothing: the way to what this module has no function for.
   *
   * Example: `dagger -m modules/registry call base with-exec --args crane,version stdout`
   *
   * @param image Another image with crane at /ko-app/crane.
   */
  @func()
  base(image: string = images.crane): Container {
    return dag
      .container()
      .from(images.debian)
      .withFile("/usr/local/bin/crane", dag.container().from(image).file("/ko-app/crane"))
  }

  /**
   * Pushes images, all or, when one of their tags is another image already, none. What is there is not pushed again. The result's `pushed.json` has their digests.
   *
   * Example: `dagger -m modules/registry call push --images debian:bookworm-slim --references registry:5000/base/debian:12 --target tcp://127.0.0.1:5000 --insecure reason`
   *
   * @param images The images.
   * @param references Their names, `host/path:tag`, in the same order; one host for all.
   * @param target The registry, when it is a service of the caller's or at the caller's own loopback.
   * @param targetName The host name of the target, as it stands in the references.
   * @param username Who logs in; nobody when empty.
   * @param password Of that user.
   * @param insecure Whether the registry may speak plain HTTP.
   * @param timeout Seconds for all.
   * @param name What the result is called by.
   * @param again In one session the same call runs once, however often its result is read; another value here runs it again.
   */
  @func({ cache: "session" })
  async push(
    images: Container[],
    references: string[],
    target?: Service,
    targetName: string = "registry",
    username: string = "",
    password?: Secret,
    insecure: boolean = false,
    timeout: number = 600,
    name: string = "publish",
    again: string = "",
  ): Promise<Result> {
    if (images.length !== references.length)
      throw new Error(`references: ${references.length} for ${images.length} images; one for each`)
    references.forEach(nameOf)
    const hosts = [...new Set(references.map((reference) => reference.split("/")[0]!))]
    if (hosts.length !== 1) throw new Error(`references: ${hosts.join(", ") || "none"}: one host for all is allowed`)
    let container = this.access({ target, targetName, username, password, insecure }, again)
    // One compression for all layers, or a digest would depend on how the engine happens to hold those of a base.
    const forcedCompression = ImageLayerCompression.Gzip
    images.forEach(
      (image, i) =>
        (container = container.withMountedFile(`/images/${i + 1}.tar`, image.asTarball({ forcedCompression }))),
    )
    const ran = await runStep(
      container,
      ["bash", "-c", pushScript, "push", insecure ? "--insecure" : "", hosts[0]!, username, ...references],
      timeout,
    )
    const output = await readReport(ran.reports, "output.txt")
    const pushed = parsePushed(output)
    const failed = ran.exitCode !== 0 || pushed.length !== references.length
    const count = pushed.filter((image) => image.pushed).length
    const reason = failed
      ? ran.timedOut
        ? `timed out after ${Math.round(ran.seconds)} s`
        : trouble(output) || `exit code ${ran.exitCode}`
      : `${count} pushed, ${pushed.length - count} there already`
    const reports = ran.reports.withNewFile("pushed.json", `${JSON.stringify(pushed, null, 1)}\n`)
    return withResult(new Result(name, failed ? "failed" : "passed", reason, ran.exitCode, ran.seconds, reports, count))
  }

  /**
   * Stores small files beside the images, as an artefact of one layer. Its tags may be moved: a record grows. Gives its digest.
   *
   * Example: `dagger -m modules/registry call put --files test/fixtures/page --references registry:5000/shop/notes:1 --target tcp://127.0.0.1:5000 --insecure`
   *
   * @param files The files.
   * @param references Its names, `host/path:tag`: one repository, one tag or several.
   */
  @func({ cache: "session" })
  async put(
    files: Directory,
    references: string[],
    target?: Service,
    targetName: string = "registry",
    username: string = "",
    password?: Secret,
    insecure: boolean = false,
    again: string = "",
  ): Promise<string> {
    const names = [...new Set(references.map(nameOf))]
    if (names.length !== 1)
      throw new Error(`references: ${names.join(", ") || "none"}: one repository for all tags is allowed`)
    const container = this.access({ target, targetName, username, password, insecure }, again).withMountedDirectory(
      "/files",
      files,
    )
    const done = await this.asked(container, putScript, [
      insecure ? "--insecure" : "",
      names[0]!.split("/")[0]!,
      username,
      ...references,
    ])
    return (await done.stdout()).trim()
  }

  /**
   * The files of an artefact that `put` has stored, or of any image.
   *
   * Example: `dagger -m modules/registry call get --reference registry:5000/shop/notes:1 --target tcp://127.0.0.1:5000 --insecure entries`
   *
   * @param reference Its name, by tag or digest.
   * @param optional Returns an empty directory, instead of an error, if the registry has no such tag. Every other failure stays an error.
   */
  @func({ cache: "session" })
  async get(
    reference: string,
    target?: Service,
    targetName: string = "registry",
    username: string = "",
    password?: Secret,
    insecure: boolean = false,
    again: string = "",
    optional: boolean = false,
  ): Promise<Directory> {
    const container = this.access({ target, targetName, username, password, insecure }, again)
    return (
      await this.asked(container, getScript, [
        insecure ? "--insecure" : "",
        reference.split("/")[0]!,
        username,
        reference,
        optional ? "optional" : "",
      ])
    ).directory("/out")
  }

  /** crane with what it needs to reach the registry; different from that of any other call, so that no layer comes from the cache. */
  private access({ target, targetName, username, password }: Access, again: string): Container {
    let container = this.base()
      .withMountedTemp("/tmp")
      .withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}-${again}`)
    if (target) container = container.withServiceBinding(targetName, target)
    if (username !== "") {
      if (!password) throw new Error(`password: missing for the user ${username}`)
      container = container.withMountedSecret("/run/secrets/password", password)
    }
    return container
  }

  /** Runs a script; what the registry said is the error. */
  private async asked(container: Container, script: string, args: string[]): Promise<Container> {
    const done = container.withExec(["timeout", "120", "bash", "-c", script, "registry", ...args], {
      expect: ReturnType.Any,
    })
    const code = await done.exitCode()
    if (code !== 0)
      throw new Error(
        code === 124
          ? "the registry did not answer within 120 s"
          : trouble(await done.stderr()) || firstLine(await done.stdout()) || `exit code ${code}`,
      )
    return done
  }
}
