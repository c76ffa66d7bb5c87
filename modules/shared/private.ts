// Access to private Go modules: they are downloaded with secrets, in a layer of their own, before anything else runs.
import { Container, Directory, File, Secret, Service } from "@dagger.io/dagger"
import { goReason } from "./go-output"
import { withToolchain } from "./go-shell"
import { Ran, readReport, runStep } from "./step"

/** Access to private modules. */
export interface PrivateAccess {
  netrc?: Secret
  goproxy?: Secret
  goprivate?: string
  certificate?: File
  /** The proxy, when it is a service. */
  service?: Service
  /** Host name of the proxy. */
  serviceName?: string
}

/** A Go module in its source: `workdir` is its folder in a container that has the source at /src. */
interface Located {
  source: Directory
  workdir: string
}

/** A download: the module cache, or the run that was refused. Neither when modules are fetched by the tools themselves. */
export interface Fetched {
  modules?: Directory
  refused?: { ran: Ran; reason: string }
}

const cache = "/go/pkg/mod"

/** The container with access, for commands that download and for no others. Secrets are mounted: no layer has them. */
export function withAccess(container: Container, access: PrivateAccess): Container {
  const { netrc, goproxy, goprivate, certificate, service, serviceName } = access
  if (netrc) container = container.withMountedSecret("/root/.netrc", netrc, { mode: 0o400 })
  if (goproxy) container = container.withSecretVariable("GOPROXY", goproxy)
  if (goprivate) container = container.withEnvVariable("GOPRIVATE", goprivate)
  if (certificate)
    container = container
      .withMountedFile("/run/certificates/private.crt", certificate)
      .withEnvVariable("SSL_CERT_DIR", "/etc/ssl/certs:/run/certificates")
  return service ? container.withServiceBinding(serviceName ?? "goproxy", service) : container
}

/** Downloads modules when there is access to private ones; otherwise nothing, and tools fetch what they need. */
export async function fetchModules(
  container: Container,
  module: Located,
  access: PrivateAccess,
  timeout: number,
): Promise<Fetched> {
  return access.netrc || access.goproxy || access.goprivate ? download(container, module, access, timeout) : {}
}

/**
 * Downloads the modules of go.mod and go.sum, in a layer that depends on those files alone. It does not use the volume
 * that all callers share, which would give private modules to callers without a login. The time-out is in seconds.
 */
export async function download(
  container: Container,
  { source, workdir }: Located,
  access: PrivateAccess,
  timeout: number,
): Promise<Fetched> {
  const patterns = ["**/go.mod", "**/go.sum", "**/go.work", "**/go.work.sum"]
  const files = (await Promise.all(patterns.map((pattern) => source.glob(pattern)))).flat().sort()
  let locked = withAccess(container.withoutMount(cache), access)
  for (const file of files) locked = locked.withFile(`/src/${file}`, source.file(file))
  const command = withToolchain(["bash", "-c", `mkdir -p ${cache} && exec go mod download`])
  const ran = await runStep(locked.withWorkdir(workdir), command, timeout)
  if (ran.exitCode === 0) return { modules: ran.container.directory(cache) }
  const output = await readReport(ran.reports, "output.txt")
  return { refused: { ran, reason: goReason(output) } }
}
