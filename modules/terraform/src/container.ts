// The containers that Terraform, or its stand-in for formatting, runs in.
import { Container, Directory, File, dag } from "@dagger.io/dagger"
import { images, tools } from "./images"
import { cleanPath, configurationFiles, under } from "./read"
import { firstLine } from "./shared/clock"
import { withGoCaches, withGoProgram } from "./shared/go"

/** Where the source is in a container. */
export const workdir = "/src"

/** Where Terraform comes from. */
export interface Program {
  /** The program itself, instead of the one in the image. */
  binary?: File
  /** Providers that are not downloaded. */
  plugins?: Directory
  image: string
}

/** A root module: its folder, in the folder that has everything it needs. */
export interface Root {
  source: Directory
  /** Folder of the root module in `source`; `.` for the source itself. */
  path: string
  /** The same folder in a container. */
  workdir: string
}

const certificates =
  "test -e /etc/ssl/certs/ca-certificates.crt || { apt-get update -qq && " +
  "apt-get install -y -qq --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*; }"

/** The container with Terraform in it, or why there is none. */
export async function terraformContainer({ binary, plugins, image }: Program): Promise<Container | string> {
  const program = binary ?? (await fromImage(image))
  if (typeof program === "string") return program
  const container = dag
    .container()
    .from(images.debian)
    // Debian's slim image has no certificate authorities.
    .withExec(["sh", "-c", certificates])
    .withFile("/usr/local/bin/terraform", program, { permissions: 0o755 })
    .withEnvVariable("TF_IN_AUTOMATION", "1")
    .withEnvVariable("CHECKPOINT_DISABLE", "1")
  // Terraform looks for providers in this folder, and does not download those that it finds.
  if (plugins) return container.withMountedDirectory("/usr/local/share/terraform/plugins", plugins)
  return container
    .withMountedCache("/var/cache/terraform", dag.cacheVolume("delivery-terraform-plugins"))
    .withEnvVariable("TF_PLUGIN_CACHE_DIR", "/var/cache/terraform")
}

/** The program in the vendor's image, or why it cannot be had. */
async function fromImage(image: string): Promise<File | string> {
  try {
    return await dag.container().from(image).file("/bin/terraform").sync()
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const reason = firstLine(text.replace(/ \[traceparent:[^\]]*\]/g, ""))
    return `no Terraform: ${image} cannot be had (${reason}), and no binary was given`
  }
}

/** What formats: Terraform, or hclfmt where Terraform cannot be had. */
export async function formatter(program: Program): Promise<{ container: Container; isTerraform: boolean }> {
  const container = await terraformContainer(program)
  if (typeof container !== "string") return { container, isTerraform: true }
  const go = withGoCaches(dag.container().from(images.golang), images.golang)
  return { container: withGoProgram(go, tools.hclfmt), isTerraform: false }
}

/** The root module in a folder of the source; an error when it has no configuration. */
export async function rootModule(source: Directory, path: string): Promise<Root> {
  const clean = cleanPath(path)
  const files = await Promise.all(configurationFiles.map((name) => source.glob(under(clean, name))))
  if (files.flat().length === 0)
    throw new Error(
      `path: there is no ${configurationFiles.join(", ")} in ${JSON.stringify(path)} of the source; ` +
        "give the root module's folder",
    )
  return { source, path: clean, workdir: clean === "." ? workdir : `${workdir}/${clean}` }
}

/** The container with the source as a part of it, so that the files that `init` writes stay. */
export function within(container: Container, root: Root): Container {
  return container.withDirectory(workdir, root.source).withWorkdir(root.workdir)
}
