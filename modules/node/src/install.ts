// The locked installation of a Node project, also from a private registry.
import { Container, Directory, ReturnType, Secret, Service } from "@dagger.io/dagger"
import { installFailure } from "./read"
import { readReport, runStep, type Ran } from "./shared/step"

/** Where the project is in a container. */
export const workdir = "/src"

/** Access to a private registry. */
export interface PrivateAccess {
  npmrc?: Secret
  /** The registry, when it is a service. */
  service?: Service
  /** Host name of the registry. */
  serviceName?: string
}

/** An installation: the run of npm, and the container with the project. */
export interface Installation {
  ran: Ran
  project: Container
}

/** The scripts that `npm ci` runs once all packages are downloaded, for packages and for the project. */
const installScripts = `
npm rebuild || exit
for name in preinstall install postinstall prepublish preprepare prepare postprepare; do
  npm run --if-present $name || exit
done
`

/**
 * Runs `npm ci` in a layer that depends on package.json, package-lock.json and .npmrc alone, and puts the project's
 * files on top of it. The time-out is in seconds; an error when one of the first two files is missing.
 */
export async function install(
  base: Container,
  source: Directory,
  timeout: number,
  { npmrc, service, serviceName }: PrivateAccess,
): Promise<Installation> {
  const entries = await source.entries()
  if (!entries.includes("package.json"))
    throw new Error("the source has no package.json: pass the folder of the project")
  if (!entries.includes("package-lock.json"))
    throw new Error(
      "the source has no package-lock.json: create it with `npm install --package-lock-only`, and commit it",
    )
  let locked = base
  for (const file of ["package.json", "package-lock.json", ".npmrc"])
    if (entries.includes(file)) locked = locked.withFile(file, source.file(file))
  const bound = service ? locked.withServiceBinding(serviceName ?? "npm", service) : locked
  const ran = npmrc
    ? await installWithSecret(bound, npmrc, timeout)
    : await runStep(locked, ["npm", "ci", "--no-progress"], timeout)
  return { ran, project: ran.container.withoutDirectory("/report").withDirectory(workdir, source) }
}

/** Downloads with the secret, then runs the install scripts of packages and project without it. */
async function installWithSecret(locked: Container, npmrc: Secret, timeout: number): Promise<Ran> {
  // Not with the cache that all callers share: npm would take private packages from it without a login.
  const open = locked
    .withoutMount("/root/.npm")
    .withMountedSecret("/run/npmrc", npmrc, { mode: 0o400 })
    .withEnvVariable("NPM_CONFIG_USERCONFIG", "/run/npmrc")
  const download = ["bash", "-c", "npm ci --no-progress --ignore-scripts && rm -rf /root/.npm"]
  const fetched = await runStep(open, download, timeout)
  if (fetched.exitCode !== 0) return fetched
  const closed = locked.withRootfs(fetched.container.rootfs())
  const ran = await runStep(closed, ["bash", "-c", installScripts], timeout)
  return { ...ran, seconds: fetched.seconds + ran.seconds, cached: fetched.cached && ran.cached }
}

/** Why `npm ci` failed. When a registry refused a package, its host is read from npm's debug log. */
export async function installError({ reports, container }: Ran): Promise<string> {
  const output = await readReport(reports, "output.txt")
  if (!/^npm error code E40[134]$/m.test(output)) return installFailure(output)
  const log = /(\S+-debug-\d+\.log)$/m.exec(output)?.[1]
  if (log === undefined) return installFailure(output)
  const requests = container.withExec(["grep", "http fetch GET 40[134] ", log], { expect: ReturnType.Any })
  return installFailure(output, await requests.stdout())
}
