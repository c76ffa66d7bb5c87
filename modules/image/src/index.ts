/**
 * Assembles a container image from files that are already built: non-root, labelled, and the same bytes for the same inputs.
 *
 * The commit stands in a small last layer (version.json) and in labels, so that all other layers stay the same for a commit
 * that changes nothing in them. Every file has the time 0: an image built again on another machine has the same digest.
 */
import { Container, Directory, Platform, dag, func, object } from "@dagger.io/dagger"
import { notRoot, pairs, versionText } from "./settings"

const envName = /^[A-Za-z_]\w*$/
const labelName = /^[a-z0-9.-]+$/

@object()
export class Image {
  /**
   * Builds an image that holds a folder of files.
   * Nothing runs in it while it is built, so it needs no shell; by default it has no base image at all.
   *
   * Example: `dagger -m modules/image call build --files test/fixtures/page --at /srv --entrypoint /srv/server
   * --sha 6a57497bcae011ae584da337ef8feb7ba971aace --commit-time 2026-01-31T12:00:00Z user`
   *
   * @param files Files that go into the image, owned by root and dated 1970, so that the same files make the same
   * layer, for example `dist`.
   * @param sha Full hash of the commit, for version.json and the labels org.opencontainers.image.revision and .version.
   * The suffix `-dirty` says that files differ from the commit; `-dirty-` and 12 hexadecimal digits also say which.
   * @param commitTime Time of the commit in RFC 3339, for example `2026-01-31T12:00:00Z`, for version.json and the
   * label org.opencontainers.image.created.
   * @param at Folder in the image that receives the files, for example `/app`.
   * @param versionPath Path of version.json in the image, for example `/app/version.json`.
   * @param base Base image, such as `nginx:1.28`; empty for none (from scratch).
   * @param config More files, laid over the root folder of the image, such as configuration, for example `config`.
   * @param entrypoint Command of the image, for example `/app/server`; empty for that of the base.
   * @param args Default arguments of the command, for example `--verbose`; empty for those of the base.
   * @param user Numeric user, for example `65532:65532`, with or without a group; must not be root.
   * @param ports TCP ports that the image exposes, for example `8080`.
   * @param env Environment variables, such as `LANG=C.UTF-8`.
   * @param labels More labels, such as `org.opencontainers.image.title=api`.
   * @param platform Platform of the image, for example `linux/arm64`.
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
    container = reproducibly(container, all)
    for (const port of ports) container = container.withExposedPort(port)
    for (const [name, value] of pairs("env", env, envName)) container = container.withEnvVariable(name, value)
    for (const [name, value] of pairs("labels", labels, labelName)) container = container.withLabel(name, value)
    container = container.withUser(user)
    if (entrypoint.length) container = container.withEntrypoint(entrypoint)
    if (args.length) container = container.withDefaultArgs(args)
    return stamped(container, { sha, commitTime, versionPath, version })
  }

  /**
   * Adds version.json and the labels of a commit to an image that was built elsewhere, such as by a Dockerfile.
   * Its user, command and other settings stay.
   *
   * Example: `dagger -m modules/image call stamp --image debian:bookworm-slim
   * --sha 6a57497bcae011ae584da337ef8feb7ba971aace --commit-time 2026-01-31T12:00:00Z
   * file --path /app/version.json contents`
   *
   * @param image The image, for example `debian:bookworm-slim`.
   * @param sha Full hash of the commit, as for `build`.
   * @param commitTime Time of the commit in RFC 3339, for example `2026-01-31T12:00:00Z`.
   * @param versionPath Path of version.json in the image, for example `/app/version.json`.
   * @param labels More labels, such as `org.opencontainers.image.title=api`.
   */
  @func({ cache: "session" })
  stamp(
    image: Container,
    sha: string,
    commitTime: string,
    versionPath: string = "/app/version.json",
    labels: string[] = [],
  ): Container {
    const version = versionText(sha, commitTime)
    let container = image
    for (const [name, value] of pairs("labels", labels, labelName)) container = container.withLabel(name, value)
    return stamped(container, { sha, commitTime, versionPath, version })
  }

  /**
   * Checks the settings of an image before anything is built.
   * Returns one line for each wrong setting; empty when all are right.
   *
   * Example: `dagger -m modules/image call check --user 0
   * --sha 6a57497bcae011ae584da337ef8feb7ba971aace --commit-time 2026-01-31T12:00:00Z`
   *
   * @param sha Full hash of the commit, as for `build`.
   * @param commitTime Time of the commit in RFC 3339, for example `2026-01-31T12:00:00Z`.
   * @param user Numeric user, for example `65532:65532`, with or without a group; must not be root.
   * @param env Environment variables, such as `LANG=C.UTF-8`.
   * @param labels More labels, such as `org.opencontainers.image.title=api`.
   */
  @func()
  check(
    sha: string,
    commitTime: string,
    user: string = "65532:65532",
    env: string[] = [],
    labels: string[] = [],
  ): string {
    const checks = [
      () => versionText(sha, commitTime),
      () => notRoot(user),
      () => pairs("env", env, envName),
      () => pairs("labels", labels, labelName),
    ]
    return checks.flatMap((check) => faultOf(check)).join("\n")
  }
}

/** The image with version.json as its last layer, and the labels of the commit. */
function stamped(
  container: Container,
  { sha, commitTime, versionPath, version }: { sha: string; commitTime: string; versionPath: string; version: string },
): Container {
  return reproducibly(container, dag.directory().withNewFile(versionPath, version))
    .withLabel("org.opencontainers.image.revision", sha)
    .withLabel("org.opencontainers.image.version", sha)
    .withLabel("org.opencontainers.image.created", commitTime)
}

/**
 * Adds files as one reproducible layer: owned by root, dated 1970, and with all parent folders, because a parent folder that
 * the engine creates has the current time. (Copying with an owner makes one layer; without an owner the engine adds the
 * layers of the files' own container, with their times.)
 */
function reproducibly(container: Container, files: Directory): Container {
  return container.withDirectory("/", files.withTimestamps(0), { owner: "0:0" })
}

function faultOf(check: () => unknown): string[] {
  try {
    check()
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}
