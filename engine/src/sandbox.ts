// The engine in a root, a network namespace and a cgroup of its own: runc runs it, slirp4netns is its network. Nothing is set on the host:
// no interface, no mount, no firewall rule, so nothing can be left behind.
import { spawn, spawnSync } from "node:child_process"
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { cacheCapBytes, registryAddress, type Paths } from "./paths.js"
import { run, say } from "./progress.js"
import { hashOf } from "./stamp.js"

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/** Registries whose images come from the mirror. */
export const mirroredRegistries = [
  "docker.io",
  "ghcr.io",
  "quay.io",
  "gcr.io",
  "registry.k8s.io",
  "public.ecr.aws",
  "registry.dagger.io",
]

/** The container's name: one a state folder. */
export function containerId(paths: Paths): string {
  return `delivery-engine-${hashOf(paths.state).slice(0, 8)}`
}

/**
 * The engine's configuration (engine.json): its registries and its disk cap. A company mirror (DELIVERY_REGISTRY_MIRROR, `host:port`, `host:port/path`, or
 * with `http://` before it for one without TLS) takes the place of the local one.
 */
export function engineConfig(companyMirror: string | undefined): object {
  const registries: Record<string, object> = {}
  if (companyMirror) {
    const match = /^(https?:\/\/)?([A-Za-z0-9.-]+(?::\d+)?)(\/[\w./-]*)?$/.exec(companyMirror)
    if (!match)
      throw new Error(
        `DELIVERY_REGISTRY_MIRROR=${companyMirror}: allowed is host, host:port or host:port/path, with http:// before it for a registry without TLS`,
      )
    const [, scheme, host, below = ""] = match
    for (const name of mirroredRegistries) registries[name] = { mirrors: [`${host}${below}`.replace(/\/$/, "")] }
    registries[host!] = scheme === "http://" ? { http: true } : {}
  } else {
    for (const name of mirroredRegistries) registries[name] = { mirrors: [`${registryAddress}/${name}`] }
  }
  registries[registryAddress] = { http: true }
  // One policy instead of the default's four, each of which looks at every record; and a tenth at once, so that most sessions end with nothing to prune.
  const policy = {
    all: true,
    maxUsedSpace: `${cacheCapBytes / 1e9}GB`,
    minFreeSpace: "2GB",
    sweepSize: `${cacheCapBytes / 1e10}GB`,
  }
  return { logLevel: "info", gc: { policies: [policy] }, registries }
}

const init = `#!/bin/bash
# The engine's root process: registry and engine side by side; when one ends, both do, and the next command starts them again.
export PATH=${path}
echo 1 > /sys/fs/cgroup/memory/memory.use_hierarchy 2>/dev/null
docker-registry serve /etc/registry.yml &
registry=$!
# A quarter of the engine's processor time was garbage collection: it may use more memory before it collects.
GOGC=400 GOMEMLIMIT=2GiB dagger-engine --config /etc/dagger/engine.toml --addr unix:///run/dagger/engine.sock &
engine=$!
trap 'kill -TERM $engine; wait $engine; kill $registry; exit 0' TERM INT
wait -n
kill $engine $registry 2>/dev/null
exit 1
`

const registryConfig = `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}
http: {addr: "${registryAddress}"}
`

/** Writes what the root process reads, and runc's bundle. */
export function writeBundle(paths: Paths, digests: { go: string; typescript: string }, env: NodeJS.ProcessEnv): void {
  for (const folder of [paths.bundle, paths.run, paths.engine, paths.registry, paths.logs, paths.content])
    mkdirSync(folder, { recursive: true })
  const file = (name: string, text: string, mode = 0o644) => writeFileSync(join(paths.root, name), text, { mode })
  file("etc/dagger/engine.json", JSON.stringify(engineConfig(env.DELIVERY_REGISTRY_MIRROR), null, 1))
  file("etc/dagger/engine.toml", "")
  file("etc/registry.yml", registryConfig)
  file("etc/resolv.conf", "nameserver 10.0.2.3\n")
  file("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
  file("usr/local/bin/engine-init", init, 0o755)
  const proxies = Object.entries(env)
    .filter(([name]) => /^(https?|no|all)_proxy$/i.test(name))
    .map(([name, value]) => `${name}=${value}`)
  const capabilities = ownCapabilities()
  const bind = (source: string, destination: string) => ({
    source,
    destination,
    type: "bind",
    options: ["rbind", "rw"],
  })
  const config = {
    ociVersion: "1.0.2",
    hostname: "delivery-engine",
    root: { path: paths.root, readonly: false },
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      cwd: "/",
      args: ["/usr/bin/tini", "-g", "--", "/usr/local/bin/engine-init"],
      env: [
        `PATH=${path}`,
        "HOME=/root",
        "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
        `DAGGER_GO_SDK_MANIFEST_DIGEST=${digests.go}`,
        `DAGGER_TYPESCRIPT_SDK_MANIFEST_DIGEST=${digests.typescript}`,
        ...proxies,
      ],
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["newinstance", "ptmxmode=0666", "mode=0620"],
      },
      { destination: "/dev/shm", type: "tmpfs", source: "shm" },
      { destination: "/dev/mqueue", type: "mqueue", source: "mqueue" },
      { destination: "/tmp", type: "tmpfs", source: "tmpfs" },
      { destination: "/run", type: "tmpfs", source: "tmpfs" },
      // A sysfs of the own network namespace: the engine looks its containers' interfaces up there, and dies when it does not find them.
      { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "rw"] },
      { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "rw"] },
      ...["/dev/fuse", "/dev/net/tun"].filter(existsSync).map((device) => bind(device, device)),
      bind(paths.engine, "/var/lib/dagger"),
      bind(paths.run, "/run/dagger"),
      bind(paths.registry, "/var/lib/registry"),
      bind(paths.content, "/usr/local/share/dagger/content"),
    ],
    linux: {
      namespaces: ["pid", "ipc", "uts", "mount", "network", "cgroup"].map((type) => ({ type })),
      resources: { devices: [{ allow: true, access: "rwm" }] },
      cgroupsPath: `/${containerId(paths)}`,
      maskedPaths: [],
      readonlyPaths: [],
    },
  }
  writeFileSync(join(paths.bundle, "config.json"), JSON.stringify(config, null, 1))
}

// Names by bit number, from linux/capability.h.
const capabilityNames =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split(
    " ",
  )

/** The capabilities that this process has: a machine may lack some (CAP_SYS_RESOURCE is often missing), and runc refuses what is not there. */
function ownCapabilities(): string[] {
  const mask = BigInt(`0x${/CapEff:\s*([0-9a-f]+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]}`)
  return capabilityNames.filter((_, bit) => (mask >> BigInt(bit)) & 1n).map((name) => `CAP_${name}`)
}

/** True when the engine accepts connections on its socket. A socket file without a process behind it refuses at once. */
export function answers(paths: Paths): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(paths.socket)
    const end = (result: boolean) => (socket.destroy(), resolve(result))
    socket
      .setTimeout(2000, () => end(false))
      .on("connect", () => end(true))
      .on("error", () => end(false))
  })
}

/** Starts the container whose bundle is written, and waits until the engine answers. */
export async function start(paths: Paths): Promise<void> {
  const id = containerId(paths)
  rmSync(paths.socket, { force: true })
  // What a killed engine was copying is copied anew: it would go on where it was, and the SDKs' content can only be read from its begin ("unsupported offset", at every call from then on).
  rmSync(join(paths.engine, "worker/content/ingest"), { recursive: true, force: true })
  const log = openLog(paths, "engine.log")
  try {
    const created = spawnSync(
      "runc",
      ["--root", paths.runc, "create", "--bundle", paths.bundle, "--pid-file", paths.enginePid, id],
      { stdio: ["ignore", log, log] },
    )
    if (created.status !== 0) throw new Error(`runc could not create the engine's container:\n${lastLines(paths, 5)}`)
  } finally {
    closeSync(log)
  }
  await startNetwork(paths, Number(readFileSync(paths.enginePid, "utf8")))
  await run("runc", ["--root", paths.runc, "start", id])
  const deadline = Date.now() + 60_000
  while (!(await answers(paths))) {
    if (Date.now() > deadline || !processLives(paths.enginePid))
      throw new Error(
        `the engine did not start. The last lines of ${join(paths.logs, "engine.log")}:\n${lastLines(paths, 15)}`,
      )
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * Starts the engine, with an empty cache if the one it has cannot be opened: the engine does not sync its databases (bbolt's NoSync), so a machine that goes
 * down in the middle of a run can leave a cache that no start gets past. Built programs and images lie elsewhere and stay.
 */
export async function startOrReset(paths: Paths): Promise<void> {
  try {
    await start(paths)
  } catch (error) {
    const cause = /^dagger-engine: failed to create engine: .*$/m.exec((error as Error).message)
    if (!cause) throw error
    await stop(paths)
    say(
      `the engine cannot open its cache, as after a machine that went down in the middle of a run; it starts with an empty one (${cause[0]})`,
    )
    const damaged = mkdtempSync(join(paths.state, "damaged-"))
    renameSync(paths.engine, join(damaged, "engine"))
    mkdirSync(paths.engine)
    spawn("rm", ["-rf", damaged], { detached: true, stdio: "ignore" }).unref()
    await start(paths)
  }
}

async function startNetwork(paths: Paths, pid: number): Promise<void> {
  const log = openLog(paths, "network.log")
  const child = spawn(
    "slirp4netns",
    ["--configure", "--mtu=65520", "--disable-host-loopback", "--ready-fd=3", String(pid), "tap0"],
    { detached: true, stdio: ["ignore", log, log, "pipe"] },
  )
  closeSync(log)
  await new Promise<void>((resolve, reject) => {
    const fail = () =>
      reject(
        new Error(
          `the engine's network did not start. See ${join(paths.logs, "network.log")}:\n${readFileSync(join(paths.logs, "network.log"), "utf8").split("\n").slice(-6).join("\n")}`,
        ),
      )
    child.on("error", fail).on("exit", fail)
    child.stdio[3]!.on("data", () => resolve())
    setTimeout(fail, 10_000).unref()
  })
  writeFileSync(paths.slirpPid, String(child.pid))
  child.removeAllListeners("exit")
  ;(child.stdio[3] as unknown as { destroy(): void }).destroy()
  child.unref()
}

/** Stops the engine if it runs, and clears what a killed one left: container, network process, socket, cgroups. Safe at any time. */
export async function stop(paths: Paths): Promise<void> {
  const id = containerId(paths)
  if (processLives(paths.enginePid)) {
    spawnSync("runc", ["--root", paths.runc, "kill", id, "TERM"], { stdio: "ignore" })
    for (let i = 0; i < 100 && processLives(paths.enginePid); i++)
      await new Promise((resolve) => setTimeout(resolve, 100))
  }
  spawnSync("runc", ["--root", paths.runc, "delete", "--force", id], { stdio: "ignore" })
  if (processLives(paths.slirpPid, "slirp4netns")) process.kill(Number(readFileSync(paths.slirpPid, "utf8")), "SIGKILL")
  for (const file of [paths.socket, paths.slirpPid, paths.enginePid, keyFile(paths)]) rmSync(file, { force: true })
  removeCgroups(id)
}

/** True when the process that a pid file names is alive (and, if a command is named, is that command: pids are used again). */
export function processLives(pidFile: string, command?: string): boolean {
  try {
    const pid = readFileSync(pidFile, "utf8").trim()
    const state = readFileSync(`/proc/${pid}/stat`, "utf8")
    return !/\) Z /.test(state) && (!command || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(command))
  } catch {
    return false
  }
}

/** The engine's cgroups are below one of its own; empty ones are removed from the leaves up. */
function removeCgroups(id: string): void {
  const top = "/sys/fs/cgroup"
  const candidates = existsSync(top)
    ? [join(top, id), ...readdirSync(top).map((controller) => join(top, controller, id))]
    : []
  const remove = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) remove(join(folder, entry.name))
    rmdirSync(folder)
  }
  for (const folder of candidates.filter(existsSync)) {
    try {
      remove(folder)
    } catch (error) {
      say(`  cgroup ${folder} stays: ${(error as Error).message}`)
    }
  }
}

/** The file that holds the hash of what the running engine was made of. */
export function keyFile(paths: Paths): string {
  return join(paths.run, "key")
}

function openLog(paths: Paths, name: string): number {
  mkdirSync(paths.logs, { recursive: true })
  const file = join(paths.logs, name)
  if (existsSync(file) && statSync(file).size > 10e6) renameSync(file, `${file}.old`)
  return openSync(file, "a")
}

function lastLines(paths: Paths, count: number): string {
  return readFileSync(join(paths.logs, "engine.log"), "utf8").trim().split("\n").slice(-count).join("\n")
}
