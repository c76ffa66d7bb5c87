// The engine runs in a root, a network namespace and a cgroup of its own: runc starts it, slirp4netns is its network.
// Nothing is set on the host, no interface, no mount, no firewall rule, so nothing can be left behind.
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
import { registryAddress, type Paths } from "./paths.js"
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

/** The name of the container; each state folder has its own. */
export function containerId(paths: Paths): string {
  return `delivery-engine-${hashOf(paths.state).slice(0, 8)}`
}

/**
 * The engine's configuration (engine.json): its registries and its disk cap. A company mirror (DELIVERY_REGISTRY_MIRROR:
 * `host:port` or `host:port/path`, with `http://` before it for a mirror without TLS) replaces the local one. `cache` is
 * what the cache may use, in bytes: a text such as 20GB would be 20 GiB here.
 */
export function engineConfig(companyMirror: string | undefined, cache: number): object {
  const registries: Record<string, object> = {}
  if (companyMirror) {
    const match = /^(https?:\/\/)?([A-Za-z0-9.-]+(?::\d+)?)(\/[\w./-]*)?$/.exec(companyMirror)
    if (!match)
      throw new Error(
        `DELIVERY_REGISTRY_MIRROR=${companyMirror}: allowed is host, host:port or host:port/path, ` +
          "with http:// before it for a registry without TLS",
      )
    const [, scheme, host, below = ""] = match
    for (const name of mirroredRegistries) registries[name] = { mirrors: [`${host}${below}`.replace(/\/$/, "")] }
    registries[host!] = scheme === "http://" ? { http: true } : {}
  } else {
    for (const name of mirroredRegistries) registries[name] = { mirrors: [`${registryAddress}/${name}`] }
  }
  registries[registryAddress] = { http: true }
  // One policy instead of the default four, each of which reads every record. Pruning frees a tenth at once, so that most
  // sessions end with nothing to prune.
  const policy = {
    all: true,
    maxUsedSpace: cache,
    minFreeSpace: 2e9,
    sweepSize: Math.round(cache / 10),
  }
  return { logLevel: "info", gc: { policies: [policy] }, registries }
}

const init = `#!/bin/bash
# The root process: registry and engine side by side. When one ends, both end, and the next command starts them again.
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

/** Writes the files that the root process reads, and runc's bundle. `cache`: see engineConfig. */
export function writeBundle(
  paths: Paths,
  digests: { go: string; typescript: string },
  cache: number,
  env: NodeJS.ProcessEnv,
): void {
  for (const folder of [paths.bundle, paths.run, paths.engine, paths.registry, paths.logs, paths.content])
    mkdirSync(folder, { recursive: true })
  const file = (name: string, text: string, mode = 0o644) => writeFileSync(join(paths.root, name), text, { mode })
  file("etc/dagger/engine.json", JSON.stringify(engineConfig(env.DELIVERY_REGISTRY_MIRROR, cache), null, 1))
  file("etc/dagger/engine.toml", "")
  file("etc/registry.yml", registryConfig)
  file("etc/resolv.conf", "nameserver 10.0.2.3\n")
  file("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
  file("usr/local/bin/engine-init", init, 0o755)
  const variables = [
    `PATH=${path}`,
    "HOME=/root",
    "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
    `DAGGER_GO_SDK_MANIFEST_DIGEST=${digests.go}`,
    `DAGGER_TYPESCRIPT_SDK_MANIFEST_DIGEST=${digests.typescript}`,
    ...Object.entries(env)
      .filter(([name]) => /^(https?|no|all)_proxy$/i.test(name))
      .map(([name, value]) => `${name}=${value}`),
  ]
  writeFileSync(join(paths.bundle, "config.json"), JSON.stringify(runtimeConfig(paths, variables), null, 1))
}

/** The configuration of the engine's container, as runc reads it. */
function runtimeConfig(paths: Paths, env: string[]): object {
  const capabilities = ownCapabilities()
  return {
    ociVersion: "1.0.2",
    hostname: "delivery-engine",
    root: { path: paths.root, readonly: false },
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      cwd: "/",
      args: ["/usr/bin/tini", "-g", "--", "/usr/local/bin/engine-init"],
      env,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    mounts: mounts(paths),
    linux: {
      namespaces: ["pid", "ipc", "uts", "mount", "network", "cgroup"].map((type) => ({ type })),
      resources: { devices: [{ allow: true, access: "rwm" }] },
      cgroupsPath: `/${containerId(paths)}`,
      maskedPaths: [],
      readonlyPaths: [],
    },
  }
}

function mounts(paths: Paths): object[] {
  const bind = (source: string, destination: string) => ({
    source,
    destination,
    type: "bind",
    options: ["rbind", "rw"],
  })
  const restricted = ["nosuid", "noexec", "nodev", "rw"]
  const terminals = ["newinstance", "ptmxmode=0666", "mode=0620"]
  return [
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
    { destination: "/dev/pts", type: "devpts", source: "devpts", options: terminals },
    { destination: "/dev/shm", type: "tmpfs", source: "shm" },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue" },
    { destination: "/tmp", type: "tmpfs", source: "tmpfs" },
    { destination: "/run", type: "tmpfs", source: "tmpfs" },
    // A sysfs of the own network namespace: the engine looks up its containers' interfaces there, and dies without them.
    { destination: "/sys", type: "sysfs", source: "sysfs", options: restricted },
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: restricted },
    ...["/dev/fuse", "/dev/net/tun"].filter(existsSync).map((device) => bind(device, device)),
    bind(paths.engine, "/var/lib/dagger"),
    bind(paths.run, "/run/dagger"),
    bind(paths.registry, "/var/lib/registry"),
    bind(paths.content, "/usr/local/share/dagger/content"),
  ]
}

/** Names of capabilities by bit number, from linux/capability.h. */
export const capabilityNames = [
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE",
  "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN",
  "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE",
  "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE",
].flatMap((line) => line.split(" "))

/**
 * The capabilities of this process. A machine may lack some (CAP_SYS_RESOURCE is often missing), and runc refuses a
 * capability that the process does not have.
 */
export function ownCapabilities(): string[] {
  const mask = BigInt(`0x${/CapEff:\s*([0-9a-f]+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]}`)
  return capabilityNames.filter((_, bit) => (mask >> BigInt(bit)) & 1n).map((name) => `CAP_${name}`)
}

/** Whether the engine accepts connections on its socket. A socket file without a process refuses at once. */
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
  // Discard partial copies of a killed engine: resuming one fails with "unsupported offset" at every call, because the
  // SDKs' content can only be read from the start.
  rmSync(join(paths.engine, "worker/content/ingest"), { recursive: true, force: true })
  const log = openLog(paths, "engine.log")
  try {
    const created = spawnSync(
      "runc",
      ["--root", paths.runc, "create", "--bundle", paths.bundle, "--pid-file", paths.enginePid, id],
      { stdio: ["ignore", log, log] },
    )
    if (created.status !== 0) throw new Error(`runc failed to create the engine's container:\n${lastLines(paths, 5)}`)
  } finally {
    closeSync(log)
  }
  await startNetwork(paths, Number(readFileSync(paths.enginePid, "utf8")))
  await run("runc", ["--root", paths.runc, "start", id])
  const deadline = Date.now() + 60_000
  while (!(await answers(paths))) {
    if (Date.now() > deadline || !processLives(paths.enginePid)) {
      const log = join(paths.logs, "engine.log")
      throw new Error(`the engine did not start. The last lines of ${log}:\n${lastLines(paths, 15)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * Starts the engine, with an empty cache if its cache cannot be opened. The engine does not sync its databases (bbolt's
 * NoSync), so a machine that goes down during a run can leave a cache with which no start succeeds. Built programs and
 * images are stored elsewhere and stay.
 */
export async function startOrReset(paths: Paths): Promise<void> {
  try {
    await start(paths)
  } catch (error) {
    const cause = /^dagger-engine: failed to create engine: .*$/m.exec((error as Error).message)
    if (!cause) throw error
    await stop(paths)
    say(`the engine cannot open its cache, perhaps because the machine went down during a run (${cause[0]})`)
    say("the engine starts with an empty cache")
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
    const fail = () => {
      const file = join(paths.logs, "network.log")
      const lines = readFileSync(file, "utf8").split("\n").slice(-6).join("\n")
      reject(new Error(`the engine's network did not start. The last lines of ${file}:\n${lines}`))
    }
    child.on("error", fail).on("exit", fail)
    child.stdio[3]!.on("data", () => resolve())
    setTimeout(fail, 10_000).unref()
  })
  writeFileSync(paths.slirpPid, String(child.pid))
  child.removeAllListeners("exit")
  ;(child.stdio[3] as unknown as { destroy(): void }).destroy()
  child.unref()
}

/** Stops the engine, and removes what a killed one left: container, network process, socket, cgroups. Safe at any time. */
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

/** Whether the process that a pid file names is alive and, because pids are reused, runs the named command. */
export function processLives(pidFile: string, command?: string): boolean {
  try {
    const pid = readFileSync(pidFile, "utf8").trim()
    const state = readFileSync(`/proc/${pid}/stat`, "utf8")
    return !/\) Z /.test(state) && (!command || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(command))
  } catch {
    return false
  }
}

/** Removes the engine's empty cgroups, from the leaves up; all are below one of its own. */
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
      say(`  cgroup ${folder} is not removed: ${(error as Error).message}`)
    }
  }
}

/** The file with the hash of the running engine's parts and configuration. */
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
