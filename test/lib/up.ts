/** A module's service at this machine's loopback, for as long as a test wants it: `dagger call … up`. */
import { spawn } from "node:child_process"
import { createServer, type AddressInfo } from "node:net"

export interface Up {
  stop: () => Promise<void>
}

/** Brings a service up by a call that ends with `up --ports=PORT:…`, and returns when something answers HTTP at that port. */
export async function bringUp(args: string[], cwd: string, seconds = 300): Promise<Up> {
  const port = /(?:^|\s)--ports[= ](\d+):/.exec(args.join(" "))?.[1]
  if (!port) throw new Error(`dagger ${args.join(" ")}: no --ports PORT:PORT`)
  const child = spawn("dagger", args, {
    cwd,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, NO_COLOR: "1", DAGGER_NO_NAG: "1", DO_NOT_TRACK: "1" },
  })
  let said = ""
  child.stderr.on("data", (part: Buffer) => (said = (said + part.toString()).slice(-4000)))
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) process.kill(-child.pid!, "SIGINT")
    const hard = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), 20_000)
    await ended
    clearTimeout(hard)
  }
  for (const end = Date.now() + 1000 * seconds; Date.now() < end;) {
    if (child.exitCode !== null) throw new Error(`dagger ${args.join(" ")} ended with ${child.exitCode}:\n${said}`)
    const answers = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) }).then(
      () => true,
      () => false,
    )
    if (answers) return { stop }
    await new Promise((done) => setTimeout(done, 500))
  }
  await stop()
  throw new Error(`dagger ${args.join(" ")}: nothing answers at port ${port} after ${seconds} s:\n${said}`)
}

/** A port that nothing listens at. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
