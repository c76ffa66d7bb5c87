/**
 * Puts an image together from files that were built before: non-root, labelled, the same bytes for the same inputs.
 *
 * Who made the image, a commit, stands in a small last layer (version.json) and in labels, so that all other layers are the same for another commit that changed
 * nothing in them. Every file has the time 0: an image that is built again on another machine has the same digest.
 */
import { Container, Directory, Platform, dag, func, object } from "@dagger.io/dagger"
import { notRoot, pairs, versionText } from "./settings"

const envName = /^[A-Za-z_]\w*$/
const labelName = /^[a-z0-9.-]+$/

@object()
export class Image {
  /**
   * An image of a folder of files. Nothing runs in it while it is made, so that it needs no shell: the usual base is none at all.
   *
   * Example: `dagger -m modules/image call build --files test/fixtures/page --at /srv --entrypoint /srv/server --sha 6a57497bcae011ae584da337ef8feb7ba971aace --commit-time 2026-01-31T12:00:00Z user`
   *
   * @param files What goes into the image, as root's and of 1970: the same files are the same layer, whenever it is made.
   * @param at Where the files go.
   * @param sha The commit's full hash; -dirty at its end says that files differ from it, -dirty- and 12 hexadecimal digits which ones. Stands in version.json and in the labels org.opencontainers.image.revision and .version.
   * @param commitTime The commit's time, RFC 3339. Stands in version.json and in the label org.opencontainers.image.created.
   * @param versionPath Where version.json goes.
   * @param base The image below; none (from scratch) when empty.
   * @param config More files, laid over the image's root: settings.
   * @param entrypoint The command; that of the base when empty.
   * @param args Its default arguments.
   * @param user Numeric user and group, not root.
   * @param ports What it answers at.
   * @param env Variables, such as `LANG=C.UTF-8`.
   * @param labels More labels, such as `org.opencontainers.image.title=restaurant`.
   * @param platform The image's platform.
   */
  @func({ cache: "session" })
  build(
    files: Directory,
    sha: string,
    commitTime: string,
    at: string = "/app",
    versionPath: string = "/app/version.json",
    base: string = "",
    config?: Directory,
    entrypoint: string[] = [],
    args: string[] = [],
    user: string = "65532:65532",
    ports: number[] = [],
    env: string[] = [],
    labels: string[] = [],
    platform: string = "linux/amd64",
  ): Container {
    const version = versionText(sha, commitTime)
    notRoot(user)
    let container = dag.container({ platform: platform as Platform })
    if (base !== "") container = container.from(base)
    let all = dag.directory().withDirectory(at, files)
    if (config) all = all.withDirectory("/", config)
    container = still(container, all)
    for (const port of ports) container = container.withExposedPort(port)
    for (const [name, value] of pairs("env", env, envName)) container = container.withEnvVariable(name, value)
    for (const [name, value] of pairs("labels", labels, labelName)) container = container.withLabel(name, value)
    container = container.withUser(user)
    if (entrypoint.length) container = container.withEntrypoint(entrypoint)
    if (args.length) container = container.withDefaultArgs(args)
    return still(container, dag.directory().withNewFile(versionPath, version))
      .withLabel("org.opencontainers.image.revision", sha)
      .withLabel("org.opencontainers.image.version", sha)
      .withLabel("org.opencontainers.image.created", commitTime)
  }

  /**
   * Says what is wrong with the settings of an image, before anything is built; nothing when they are right.
   *
   * Example: `dagger -m modules/image call check --user 0 --sha 6a57497bcae011ae584da337ef8feb7ba971aace --commit-time 2026-01-31T12:00:00Z`
   *
   * @param sha As for `build`, and so are the others.
   */
  @func()
  check(
    sha: string,
    commitTime: string,
    user: string = "65532:65532",
    env: string[] = [],
    labels: string[] = [],
  ): string {
    const attempts = [
      () => versionText(sha, commitTime),
      () => notRoot(user),
      () => pairs("env", env, envName),
      () => pairs("labels", labels, labelName),
    ]
    return attempts.flatMap((attempt) => faultOf(attempt)).join("\n")
  }
}

/**
 * Adds files as one layer that is the same whenever it is made: root's, of 1970, and with all folders on the way to them, since a folder that is entered for
 * them alone would have the time of now. (Copying with an owner makes one layer; without one, the engine puts the files' own layers on top, times and all.)
 */
function still(container: Container, files: Directory): Container {
  return container.withDirectory("/", files.withTimestamps(0), { owner: "0:0" })
}

function faultOf(attempt: () => unknown): string[] {
  try {
    attempt()
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}
