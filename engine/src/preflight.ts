// Checks that an engine can be provisioned on this machine. Each fault is one message; all are listed at once.
import { spawnSync } from "node:child_process"
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync } from "node:fs"
import type { Paths } from "./paths.js"

/** Debian packages that provisioning needs on the host. Everything else is in the engine's own root. */
export const hostPackages = ["runc", "slirp4netns", "mmdebstrap", "util-linux", "xz-utils"]

export interface Machine {
  uid: number
  platform: string
  arch: string
  osRelease: string
  goVersion: string | undefined
  freeBytes: number
  tun: boolean
}

/** Reads the facts of this machine. */
export function inspectMachine(paths: Paths): Machine {
  mkdirSync(paths.state, { recursive: true, mode: 0o700 })
  const fs = statfsSync(paths.state)
  const go = spawnSync("go", ["version"], { encoding: "utf8", env: { ...process.env, GOTOOLCHAIN: "local" } })
  return {
    uid: process.getuid?.() ?? -1,
    platform: process.platform,
    arch: process.arch,
    osRelease: existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "",
    goVersion: /go version go(\S+)/.exec(go.stdout ?? "")?.[1],
    freeBytes: fs.bavail * fs.bsize,
    tun: canOpen("/dev/net/tun"),
  }
}

function canOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** What prevents provisioning on this machine, each with what to do about it. */
export function machineFaults(machine: Machine, neededBytes: number, state: string): string[] {
  const faults: string[] = []
  const docker = "or install Docker, whose daemon is used when it answers"
  if (machine.platform !== "linux" || machine.arch !== "x64") {
    return [
      `this machine is ${machine.platform}/${machine.arch}: ` +
        "an engine without Docker can be provisioned on linux/x64 only. Install Docker.",
    ]
  }
  if (machine.uid !== 0)
    faults.push(`not root (uid ${machine.uid}): the engine needs root to run containers. Run as root, ${docker}.`)
  const ids = [...machine.osRelease.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap((match) =>
    match[1]!.split(" "),
  )
  if (!ids.includes("debian") && !ids.includes("ubuntu")) {
    const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(machine.osRelease)?.[1] ?? "an unknown system"
    faults.push(`this is ${system}: packages are installed with apt-get, so Debian or Ubuntu is needed, ${docker}.`)
  }
  if (!machine.goVersion)
    faults.push("no `go` on the PATH: the engine is built from Go modules. Install Go 1.25 or newer.")
  else if (!atLeast(machine.goVersion, 1, 25))
    faults.push(`Go ${machine.goVersion} is too old: install Go 1.25 or newer.`)
  if (machine.freeBytes < neededBytes) {
    faults.push(
      `too little disk: ${gigabytes(machine.freeBytes)} free below ${state}, ${gigabytes(neededBytes)} needed. ` +
        "Free some, or name another folder with DELIVERY_ENGINE_STATE.",
    )
  }
  if (machine.uid === 0 && !machine.tun)
    faults.push(
      "/dev/net/tun cannot be opened: the engine's network needs it. " +
        "Load the `tun` module, or allow the device in this container.",
    )
  return faults
}

/** Compares a Go version such as 1.26.8 or 1.27rc1 with major.minor. */
export function atLeast(version: string, major: number, minor: number): boolean {
  const [a, b] = version.split(".").map((part) => parseInt(part, 10))
  return a! > major || (a === major && (b ?? 0) >= minor)
}

/** Bytes as a text in GB. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}
