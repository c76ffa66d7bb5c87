// Chooses the engine that a call uses, and says why.
import { spawn } from "node:child_process"
import { daggerVersion } from "./paths.js"

export type Runner =
  | { kind: "given"; host: string; why: string }
  | { kind: "container"; tool: "docker" | "podman"; why: string }
  | { kind: "provisioned"; why: string }

/** Whether the daemon of a container tool answers in time. A client without a daemon is common. */
export type Probe = (tool: "docker" | "podman") => Promise<"answers" | "no daemon" | "not installed">

/**
 * Chooses an engine, in this order: the one that _EXPERIMENTAL_DAGGER_RUNNER_HOST names; the vendor's image where a
 * Docker or Podman daemon answers within 2 s; otherwise one provisioned from package registries.
 * DELIVERY_ENGINE=docker|podman|provision forces a kind.
 */
export async function chooseRunner(env: NodeJS.ProcessEnv, probe: Probe = probeTool): Promise<Runner> {
  const host = env._EXPERIMENTAL_DAGGER_RUNNER_HOST
  if (host) return { kind: "given", host, why: "_EXPERIMENTAL_DAGGER_RUNNER_HOST is set" }
  const forced = env.DELIVERY_ENGINE
  if (forced && !["docker", "podman", "provision"].includes(forced)) {
    throw new Error(
      `DELIVERY_ENGINE=${forced} is not known: allowed are docker, podman, provision; unset it to choose automatically`,
    )
  }
  if (forced === "provision") return { kind: "provisioned", why: "DELIVERY_ENGINE=provision" }
  if (forced === "docker" || forced === "podman")
    return { kind: "container", tool: forced, why: `DELIVERY_ENGINE=${forced}` }
  const reasons: string[] = []
  for (const tool of ["docker", "podman"] as const) {
    const answer = await probe(tool)
    if (answer === "answers") return { kind: "container", tool, why: `a ${tool} daemon answers` }
    reasons.push(`${tool}: ${answer}`)
  }
  return { kind: "provisioned", why: reasons.join(", ") }
}

/** Requests the version of a container tool's daemon; gives up after 2 s. */
export async function probeTool(tool: "docker" | "podman"): Promise<"answers" | "no daemon" | "not installed"> {
  return new Promise((resolve) => {
    const child = spawn(tool, ["version", "--format", "{{.Server.Version}}"], { stdio: ["ignore", "pipe", "ignore"] })
    const timer = setTimeout(() => (child.kill("SIGKILL"), resolve("no daemon")), 2000)
    let out = ""
    child.stdout.on("data", (chunk) => (out += chunk))
    child.on("error", () => (clearTimeout(timer), resolve("not installed")))
    child.on("close", (code) => (clearTimeout(timer), resolve(code === 0 && /\d/.test(out) ? "answers" : "no daemon")))
  })
}

/** The vendor's engine image, which contains the CLI too. The CLI starts it by itself for `image+docker://…`. */
export const vendorImage = `registry.dagger.io/engine:${daggerVersion}`
