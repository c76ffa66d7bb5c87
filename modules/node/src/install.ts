// The locked installation of a Node project, also from a private registry.
import { Container, ReturnType, Secret, Service, dag } from "@dagger.io/dagger"
import { installFailure, managerFailure } from "./failures"
import { commandsOf, downloadsOf, environmentOf, type Manager } from "./managers"
import { rootFiles, rootFolders } from "./manifests"
import type { Project } from "./project"
import { inFolder } from "./shared/folders"
import { npmContainer } from "./shared/npm"
import { readReport, runStep, type Ran } from "./shared/step"

/** Where the source is in a container. */
export const workdir = "/src"

/** Access to a private registry. */
export interface PrivateAccess {
  npmrc?: Secret
  /** The registry, when it is a service. */
  service?: Service
  /** Host name of the registry. */
  serviceName?: string
}

/** An installation: the last run of the package manager, and the container with the project. */
export interface Installation {
  ran: Ran
  /** Why it failed; empty when it did not. */
  failure: string
  project: Container
}

/** The folder of a project in a container. */
export function folderOf(path: string): string {
  return path === "." ? workdir : `${workdir}/${path}`
}

/** Gets a package manager from the registry, and checks the digest that package.json pins. */
const getManager = `
set -e
mkdir -p /opt/manager
cd /opt/manager
npm pack --silent "$1" >/dev/null
file=$(ls *.tgz)
if [ -n "$2" ]; then
  # Corepack's digests are of the archive; those of yarn 2 and later are of the program in it.
  program=$(tar -xOzf "$file" package/bin/yarn.js 2>/dev/null | "\${2%%.*}sum" | cut -d" " -f1)
  archive=$("\${2%%.*}sum" "$file" | cut -d" " -f1)
  if [ "\${2#*.}" != "$program" ] && [ "\${2#*.}" != "$archive" ]; then
    echo "the digest of $1 is \${2%%.*}.$archive, and packageManager pins $2"
    exit 1
  fi
fi
npm install --global --prefix /opt/manager --ignore-scripts "./$file"
rm "$file"
# pnpm 12 and bun put their program for this machine in place by a script of their own.
for script in lib/node_modules/*/install.js; do
  if [ -e "$script" ]; then (cd "$(dirname "$script")" && node install.js); fi
done
`

/** The container of a package manager: its program first in the PATH, its downloads in a volume. */
export async function managerContainer(image: string, manager: Manager): Promise<Container> {
  let container = npmContainer(image).withWorkdir(workdir)
  if (manager.package !== "") {
    const command = ["bash", "-c", getManager, "manager", manager.package, manager.digest]
    const ran = await runStep(container.withWorkdir("/opt"), command, 300)
    if (ran.exitCode !== 0) throw new Error(managerFailure(manager, await readReport(ran.reports, "output.txt")))
    const path = (await container.envVariable("PATH")) ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    container = container
      .withDirectory("/opt/manager", ran.container.directory("/opt/manager"))
      .withEnvVariable("PATH", `/opt/manager/bin:${path}`)
  }
  const { at, volume } = downloadsOf(manager.name)
  for (const [name, value] of Object.entries(environmentOf(manager.name)))
    container = container.withEnvVariable(name, value)
  return container.withMountedCache(at, dag.cacheVolume(volume))
}

/**
 * Installs a project and puts its files on top of the installation. The time-out is in seconds. In a layer of manifests
 * and lock file alone where these are enough; an installation that fails there is repeated with all files.
 */
export async function install(
  image: string,
  project: Project,
  timeout: number,
  access: PrivateAccess,
): Promise<Installation> {
  const { manager, root, way } = project
  const base = (await managerContainer(image, manager)).withWorkdir(folderOf(root))
  const run = { timeout, access, manager }
  const { install: plain, fetch, finish } = commandsOf(manager)
  if (access.npmrc) {
    const locked = way === "whole" ? withSources(base, project) : withManifests(base, project)
    const fetched = await fetchWithSecret(locked, fetch, run)
    if (fetched.exitCode !== 0) return installation(fetched, project)
    const closed = locked.withRootfs(fetched.container.rootfs())
    return joined(fetched, await runStep(withSources(closed, project), shell(finish), timeout), project)
  }
  if (way === "scripts") {
    const fetched = await runStep(withManifests(base, project), shell(fetch), timeout)
    if (fetched.exitCode !== 0) return installation(fetched, project)
    return joined(fetched, await runStep(withSources(fetched.container, project), shell(finish), timeout), project)
  }
  if (way === "manifests") {
    const ran = await runStep(withManifests(base, project), shell(plain), timeout)
    // Only here do the sources come afterwards: elsewhere an install script may have changed them.
    if (ran.exitCode === 0) return installation({ ...ran, container: withSources(ran.container, project) }, project)
    const failed = await installation(ran, project)
    if (ran.timedOut || failed.isFinal) return failed
  }
  return installation(await runStep(withSources(base, project), shell(plain), timeout), project)
}

function shell(command: string): string[] {
  return ["bash", "-c", command]
}

/** The container with all that the installation of a project reads, without its sources. */
function withManifests(container: Container, { source, root, entries, manifests, manager }: Project): Container {
  let files = dag.directory()
  for (const { folder, text } of manifests) files = files.withNewFile(inFolder(folder, "package.json"), text)
  for (const name of [manager.lockfile, ...rootFiles])
    if (name !== "" && entries.includes(name))
      files = files.withFile(inFolder(root, name), source.file(inFolder(root, name)))
  for (const name of rootFolders)
    if (entries.includes(name))
      files = files.withDirectory(inFolder(root, name), source.directory(inFolder(root, name)))
  return container.withDirectory(workdir, files)
}

function withSources(container: Container, { source }: Project): Container {
  return container.withoutDirectory("/report").withDirectory(workdir, source)
}

/** Downloads with the secret; install scripts run afterwards, without it. */
function fetchWithSecret(
  locked: Container,
  fetch: string,
  { timeout, access, manager }: { timeout: number; access: PrivateAccess; manager: Manager },
): Promise<Ran> {
  if (manager.name !== "npm")
    throw new Error(`npmrc: private registries are supported for projects of npm, and this one has ${manager.lockfile}`)
  const { npmrc, service, serviceName } = access
  const bound = service ? locked.withServiceBinding(serviceName ?? "npm", service) : locked
  // Not with the downloads that all callers share: private packages would be taken from there without a login.
  const { at } = downloadsOf(manager.name)
  const open = bound
    .withoutMount(at)
    .withMountedSecret("/root/.npmrc", npmrc!, { mode: 0o400 })
    .withEnvVariable("NPM_CONFIG_USERCONFIG", "/root/.npmrc")
  return runStep(open, shell(`{ ${fetch}; } && rm -rf ${at}`), timeout)
}

async function joined(fetched: Ran, ran: Ran, project: Project): Promise<Installation> {
  const both = { ...ran, seconds: fetched.seconds + ran.seconds, cached: fetched.cached && ran.cached }
  return installation(both, project)
}

/** The installation that a run made, or why it failed; `isFinal` when the files of the project would not change that. */
async function installation(ran: Ran, project: Project): Promise<Installation & { isFinal: boolean }> {
  const container = ran.container.withoutDirectory("/report").withWorkdir(folderOf(project.path))
  if (ran.exitCode === 0) return { ran, failure: "", isFinal: false, project: container }
  const output = await readReport(ran.reports, "output.txt")
  const { reason, isFinal } = installFailure(project.manager, output, await refusedRequests(ran, output))
  return { ran, failure: reason, isFinal, project: container }
}

/** The lines of npm's debug log with requests that a registry refused. */
async function refusedRequests({ container }: Ran, output: string): Promise<string> {
  if (!/^npm error code E40[134]$/m.test(output)) return ""
  const log = /(\S+-debug-\d+\.log)$/m.exec(output)?.[1]
  if (log === undefined) return ""
  return container.withExec(["grep", "http fetch GET 40[134] ", log], { expect: ReturnType.Any }).stdout()
}
