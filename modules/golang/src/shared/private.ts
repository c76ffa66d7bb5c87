// Generated from modules/shared/private.ts by `npm run sync`; do not edit.
// Private Go modules: a login, a proxy, and what was refused.
import { Container, Directory, File, Secret, Service } from "@dagger.io/dagger"
import { firstLine } from "./clock"
import { refusal } from "./refusal"
import { Ran, readReport, runStep } from "./step"

/** What private modules are fetched with. */
export interface Private {
  netrc?: Secret
  goproxy?: Secret
  goprivate?: string
  certificate?: File
  proxy?: Service
  proxyName?: string
}

/** What a download gave: the modules, or why there are none. */
export interface Fetched {
  modules?: Directory
  refused?: { ran: Ran; reason: string }
}

const cache = "/go/pkg/mod"

/** The container with what lets Go and git in, for the commands that fetch and for no others: secrets are mounted, and are in no layer. */
export function letIn(
  container: Container,
  { netrc, goproxy, goprivate, certificate, proxy, proxyName }: Private,
): Container {
  if (netrc) container = container.withMountedSecret("/root/.netrc", netrc, { mode: 0o400 })
  if (goproxy) container = container.withSecretVariable("GOPROXY", goproxy)
  if (goprivate) container = container.withEnvVariable("GOPRIVATE", goprivate)
  if (certificate)
    container = container
      .withMountedFile("/run/certificates/private.crt", certificate)
      .withEnvVariable("SSL_CERT_DIR", "/etc/ssl/certs:/run/certificates")
  return proxy ? container.withServiceBinding(proxyName ?? "goproxy", proxy) : container
}

/** Downloads modules where access to private ones was given, and nothing otherwise. */
export async function fetchModules(
  container: Container,
  source: Directory,
  workdir: string,
  root: string,
  given: Private,
  timeout: number,
): Promise<Fetched> {
  return given.netrc || given.goproxy || given.goprivate
    ? download(container, source, workdir, root, given, timeout)
    : {}
}

/**
 * Downloads what go.mod and go.sum name, in a layer that depends on those files alone. The volume that all calls share is left out: it
 * would hand private modules to callers without a login.
 */
export async function download(
  container: Container,
  source: Directory,
  workdir: string,
  root: string,
  given: Private,
  timeout: number,
): Promise<Fetched> {
  const files = (
    await Promise.all(["**/go.mod", "**/go.sum", "**/go.work", "**/go.work.sum"].map((pattern) => source.glob(pattern)))
  )
    .flat()
    .sort()
  let locked = letIn(container.withoutMount(cache), given)
  for (const file of files) locked = locked.withFile(`${root}/${file}`, source.file(file))
  const ran = await runStep(
    locked.withWorkdir(workdir),
    ["bash", "-c", `mkdir -p ${cache} && exec go mod download`],
    timeout,
  )
  if (ran.exitCode === 0) return { modules: ran.container.directory(cache) }
  const output = await readReport(ran.reports, "output.txt")
  return { refused: { ran, reason: refusal(output) || firstLine(output) } }
}

/** The container with the downloaded modules, where no more can be fetched: whatever runs in it sees neither netrc nor proxy. */
export function withModules(container: Container, { modules }: Fetched): Container {
  return modules
    ? container.withoutMount(cache).withMountedDirectory(cache, modules).withEnvVariable("GOPROXY", "off")
    : container
}
