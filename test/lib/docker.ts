/**
 * Docker and Podman of Debian's packages in a root, a network and a folder of their own, and the vendor's engine image put
 * together from the provisioned engine. Nothing is installed on the host, and `stop` removes all of it.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process"
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import type { Paths } from "../../engine/src/paths.js"
import { vendorImage } from "../../engine/src/runner.js"
import { capabilityNames, mirroredRegistries, ownCapabilities } from "../../engine/src/sandbox.js"

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
const packages = "ca-certificates,docker.io,docker-registry,iptables,podman,crun"
/** Docker's bridge, on which the registry of stand-ins answers; Podman's containers reach it too. */
const registry = "172.17.0.1:5000"
const id = "delivery-test-docker"

const runtimeScript = `#!/bin/sh
# Docker gives privileged containers all capabilities, and runc refuses those that this machine lacks.
file=
for word; do
  [ "$previous" = --bundle ] && file=$word/config.json
  [ "$previous" = --process ] && file=$word
  previous=$word
done
[ -f "$file" ] && sed -i -E 's/"(LACKING)",?//g; s/,\\]/]/g' "$file"
exec runc "$@"
`

const init = `#!/bin/sh
docker-registry serve /etc/registry.yml &
exec dockerd --data-root /var/lib/docker --exec-root /run/docker --host unix:///run/docker.sock \\
  --add-runtime narrow=/usr/local/bin/narrow-runc --default-runtime narrow
`

const registryConfig = `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: /var/lib/registry}, maintenance: {readonly: {enabled: true}}}
http: {addr: "0.0.0.0:5000"}
`

/** The daemon's container, as runc reads it: `folder` is bound at its own path. */
function runtimeConfig(folder: string, engine: Paths): object {
  const bind = (source: string, destination: string, mode = "rw"): object => ({
    source,
    destination,
    type: "bind",
    options: ["rbind", mode],
  })
  const mount = (destination: string, type: string, options: string[] = []): object => ({
    destination,
    type,
    source: type,
    options,
  })
  const restricted = ["nosuid", "noexec", "nodev", "rw"]
  const own = ownCapabilities()
  return {
    ociVersion: "1.0.2",
    hostname: id,
    root: { path: join(folder, "root"), readonly: false },
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      cwd: "/",
      args: ["/bin/sh", "/init"],
      env: [`PATH=${path}`, "HOME=/root"],
      capabilities: { bounding: own, effective: own, permitted: own },
    },
    mounts: [
      mount("/proc", "proc"),
      mount("/dev", "tmpfs", ["nosuid", "mode=755"]),
      mount("/dev/pts", "devpts", ["newinstance", "ptmxmode=0666", "mode=0620"]),
      mount("/dev/shm", "tmpfs"),
      mount("/dev/mqueue", "mqueue"),
      mount("/tmp", "tmpfs"),
      mount("/run", "tmpfs"),
      mount("/sys", "sysfs", restricted),
      mount("/sys/fs/cgroup", "cgroup", restricted),
      ...["/dev/fuse", "/dev/net/tun"].filter(existsSync).map((device) => bind(device, device)),
      bind(join(folder, "docker"), "/var/lib/docker"),
      bind(join(folder, "podman"), "/var/lib/containers"),
      bind(engine.registry, "/var/lib/registry", "ro"),
      bind(join(folder, "shared"), join(folder, "shared")),
    ],
    linux: {
      namespaces: ["pid", "ipc", "uts", "mount", "network", "cgroup"].map((type) => ({ type })),
      resources: { devices: [{ allow: true, access: "rwm" }] },
      cgroupsPath: `/${id}`,
      maskedPaths: [],
      readonlyPaths: [],
    },
  }
}

/** Why no daemon can be started on this machine; undefined where it can. */
export function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "not root"
  const missing = ["mmdebstrap", "runc", "slirp4netns", "nsenter"].filter(
    (tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0,
  )
  return missing.length ? `missing on this machine: ${missing.join(", ")}` : undefined
}

export class Daemons {
  private network?: ChildProcess
  /** A folder with `docker` and `podman` for the PATH. */
  readonly bin: string
  /** A folder that both see at the same path. */
  readonly shared: string

  constructor(
    readonly folder: string,
    private readonly engine: Paths,
  ) {
    this.bin = join(folder, "bin")
    this.shared = join(folder, "shared")
  }

  private get pid(): string {
    return readFileSync(join(this.folder, "pid"), "utf8")
  }

  private runc(...args: string[]): string[] {
    return ["--root", join(this.folder, "runc"), ...args]
  }

  /** Unpacks the packages, starts Docker's daemon, and waits until it answers. */
  async start(): Promise<void> {
    const { folder } = this
    for (const name of ["bin", "bundle", "docker", "podman", "shared"])
      mkdirSync(join(folder, name), { recursive: true })
    const root = join(folder, "root")
    execFileSync("mmdebstrap", ["--variant=minbase", `--include=${packages}`, "bookworm", root], { stdio: "pipe" })
    mkdirSync(join(root, this.shared), { recursive: true })
    const write = (file: string, text: string, mode = 0o644): void => writeFileSync(join(root, file), text, { mode })
    const own = ownCapabilities()
    const lacking = capabilityNames.map((name) => `CAP_${name}`).filter((name) => !own.includes(name))
    write("etc/resolv.conf", "nameserver 10.0.2.3\n")
    write("etc/hosts", "127.0.0.1 localhost\n")
    write("etc/registry.yml", registryConfig)
    write("init", init, 0o755)
    write("usr/local/bin/narrow-runc", runtimeScript.replace("LACKING", lacking.join("|") || "none"), 0o755)
    writeFileSync(join(folder, "bundle/config.json"), JSON.stringify(runtimeConfig(folder, this.engine)))
    const log = openSync(join(folder, "docker.log"), "a")
    const create = this.runc("create", "--bundle", join(folder, "bundle"), "--pid-file", join(folder, "pid"), id)
    execFileSync("runc", create, { stdio: ["ignore", log, log] })
    closeSync(log)
    this.network = spawn("slirp4netns", ["--configure", "--mtu=65520", "--disable-host-loopback", this.pid, "tap0"], {
      stdio: "ignore",
    })
    await new Promise((resolve) => setTimeout(resolve, 1000))
    execFileSync("runc", this.runc("start", id))
    for (const tool of ["docker", "podman"]) {
      const enter = `nsenter --target ${this.pid} --mount --net --pid --uts --ipc --root --wd`
      writeFileSync(join(this.bin, tool), `#!/bin/sh\nexec ${enter} ${tool} "$@"\n`, { mode: 0o755 })
    }
    for (const tool of ["node", "npm", "npx"])
      symlinkSync(execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(), join(this.bin, tool))
    for (let i = 0; spawnSync(join(this.bin, "docker"), ["version"]).status !== 0; i++) {
      if (i === 60)
        throw new Error(`docker does not answer:\n${readFileSync(join(folder, "docker.log"), "utf8").slice(-2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  }

  /**
   * Loads an image of the vendor's name and tag: the provisioned engine's root and SDK content, with the registry of stand-ins
   * as the mirror of all others. As in the vendor's image, `buildctl` is how the CLI connects.
   */
  load(tool: "docker" | "podman"): void {
    const { root, content } = this.engine
    const layer = join(this.folder, "layer")
    for (const name of ["etc/dagger", "run", "proc", "sys", "dev", "usr/local/bin"])
      mkdirSync(join(layer, name), { recursive: true })
    const mirrors = mirroredRegistries.map((name) => [name, { mirrors: [`${registry}/${name}`] }])
    const registries = { ...Object.fromEntries(mirrors), [registry]: { http: true } } as object
    writeFileSync(join(layer, "etc/dagger/engine.json"), JSON.stringify({ logLevel: "info", registries }))
    rmSync(join(layer, "usr/local/bin/buildctl"), { force: true })
    symlinkSync("dial-stdio", join(layer, "usr/local/bin/buildctl"))
    const tar = join(this.shared, "engine.tar")
    const emptied = ["proc", "sys", "dev", "run"]
    const entries = readdirSync(root).filter((name) => !emptied.includes(name))
    const exclude = ["etc/dagger/engine.json", "usr/local/share/dagger/content"].map((name) => `--exclude=${name}`)
    execFileSync("tar", ["-C", root, ...exclude, "-cf", tar, ...entries])
    execFileSync("tar", ["-C", layer, "-rf", tar, "etc/dagger/engine.json", "usr/local/bin/buildctl", ...emptied])
    execFileSync("tar", ["-C", content, "--transform=s,^,usr/local/share/dagger/content/,", "-rf", tar, "blobs"])
    const digests = JSON.parse(readFileSync(join(content, "content.json"), "utf8")) as {
      go: string
      typescript: string
    }
    const env = [
      `DAGGER_GO_SDK_MANIFEST_DIGEST=${digests.go}`,
      `DAGGER_TYPESCRIPT_SDK_MANIFEST_DIGEST=${digests.typescript}`,
      `PATH=${path}`,
      "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
    ]
    const entrypoint = JSON.stringify(["tini", "-g", "--", "dagger-engine", "--config", "/etc/dagger/engine.toml"])
    const changes = [...env.map((one) => `ENV ${one}`), `ENTRYPOINT ${entrypoint}`].flatMap((one) => ["--change", one])
    execFileSync(join(this.bin, tool), ["import", ...changes, tar, vendorImage], { stdio: "pipe" })
    rmSync(tar)
  }

  /** Ends everything, and removes the folder. */
  stop(): void {
    spawnSync("runc", this.runc("kill", id, "KILL"))
    spawnSync("runc", this.runc("delete", "--force", id))
    this.network?.kill("SIGKILL")
    for (let i = 0; i < 5; i++) {
      try {
        rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
        return
      } catch {
        spawnSync("sleep", ["1"])
      }
    }
    throw new Error(`${this.folder} cannot be removed: something in it is still in use`)
  }
}
