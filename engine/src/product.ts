// `npm run product`, `npm run test:api`, `npm run test:ui`: the product on this machine, and its test suites against any
// address.
import { existsSync, readFileSync } from "node:fs"
import { createServer } from "node:net"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { reportsFolder } from "../../ci/src/config/checkout.js"
import { parseConfig, type Config } from "../../ci/src/config/config.js"
import { callDagger, prepare } from "./dagger.js"
import { repository } from "./paths.js"
import { claimReports, clearReports } from "./reports-folder.js"
import { say } from "./progress.js"

const devUsage = `npm run product -- [--port 8080] [--mode development] [--empty] [--unreachable NAME]
NAME is a service or server that another one needs (run.needs in delivery.yaml). Starts the product with
demonstration data and prints its address; Ctrl-C stops it.`

/** `npm run product`: runs the product as Dagger services until Ctrl-C. Returns the exit code. */
export async function devCommand(args: string[]): Promise<number> {
  const { port, options, isWhole } = await productOptions(args)
  const { health } = deliveryConfig()
  const engine = await prepare(repository, ["product"])
  const stop = new AbortController()
  const onInterrupt = () => {
    if (stop.signal.aborted) process.exit(130)
    stop.abort()
  }
  process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt)
  const log: string[] = []
  say("▶ product: build what changed, start Postgres, Redis, the services and the front end")
  const product = [`--source=${repository}`, "product"]
  const call = callDagger(
    engine,
    ["call", "--progress=plain", "-m", repository, ...product, ...options, "up", `--ports=${port}:8080`],
    { cwd: repository, onProgress: (line) => log.push(line), signal: stop.signal },
  )
  const addresses = health.map(({ path }) => `http://127.0.0.1:${port}${path}`)
  await announce(`http://127.0.0.1:${port}`, () => areUp(addresses, isWhole), call)
  const { exitCode, engineDied } = await call
  if (stop.signal.aborted) return 0
  console.error(log.slice(-30).join("\n"))
  console.error(
    engineDied
      ? "the engine stopped while the product ran; run the same command again"
      : `the product stopped by itself (exit code ${exitCode}); the lines above say why`,
  )
  return 1
}

/** The port for the product, and the options of the function that runs it. */
async function productOptions(args: string[]): Promise<{ port: number; options: string[]; isWhole: boolean }> {
  const allowed = {
    port: { type: "string" },
    mode: { type: "string", default: "development" },
    empty: { type: "boolean", default: false },
    unreachable: { type: "string", multiple: true },
  } as const
  const { values } = parsed(() => parseArgs({ args, options: allowed }), devUsage)
  if (values.port !== undefined && !(Number(values.port) > 0 && Number(values.port) < 65536))
    throw new Error(`--port ${values.port}: a number from 1 to 65535 is allowed`)
  const port = values.port ? Number(values.port) : await freePort(8080)
  if (values.port && !(await isFree(port)))
    throw new Error(`--port ${port} is taken by another program; leave --port out to take a free one`)
  const unreachable = (values.unreachable ?? []).map((name) => `--unreachable=${name}`)
  const options = [`--demo=${!values.empty}`, `--mode=${values.mode}`, ...unreachable]
  return { port, options, isWhole: unreachable.length === 0 }
}

/**
 * Whether a product is up: each of its health addresses answers, with success if the product is whole. Where a part is
 * unreachable on purpose, the addresses behind it answer with an error.
 */
export async function areUp(addresses: string[], isWhole: boolean): Promise<boolean> {
  for (const address of addresses) {
    const status = await statusOf(address)
    if (status === undefined || (isWhole && status >= 400)) return false
  }
  return true
}

/** Prints the product's address when it is up; prints nothing if the call ends before that. */
async function announce(url: string, isUp: () => Promise<boolean>, call: Promise<unknown>): Promise<void> {
  const began = Date.now()
  let ended = false
  void call.finally(() => (ended = true)).catch(() => undefined)
  let lastLine = began
  while (!ended && !(await isUp())) {
    if (Date.now() - lastLine > 15_000) {
      lastLine = Date.now()
      say(`… product: ${Math.round((Date.now() - began) / 1000)} s, waiting for ${url}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  if (ended) return
  say(`✔ product, ${((Date.now() - began) / 1000).toFixed(1)} s`)
  console.log(`\n${url}\n\nCtrl-C stops it.`)
}

type Suite = "api" | "ui"

/** The module that runs a suite, and its arguments: the suite of delivery.yaml, in the folder that a repository is in. */
export function suiteCall(
  suite: Suite,
  { suites }: Pick<Config, "suites">,
  { root, folder }: { root: string; folder?: string },
): { module: string; call: string[] } {
  if (suite === "ui") {
    if (!suites.ui)
      throw new Error("suites.ui: delivery.yaml does not have it; it names the project of the browser suite")
    return { module: "selenium", call: ["run", `--source=${join(root, suites.ui)}`] }
  }
  if (!suites.api) throw new Error("suites.api: delivery.yaml does not have it; it names the Postman collection")
  const { collection, folders } = suites.api
  const chosen = folder === undefined ? folders : [folder]
  const call = ["run", `--collection=${join(root, collection)}`]
  return { module: "newman", call: chosen.length ? [...call, `--folders=${chosen.join(",")}`] : call }
}

/** The delivery.yaml of this repository. */
function deliveryConfig(): Config {
  return parseConfig(readFileSync(join(repository, "delivery.yaml"), "utf8"))
}

/** `npm run test:api|test:ui -- --url …`: runs a suite against a running product. Writes reports; returns the exit code. */
export async function suiteCommand(suite: Suite, args: string[]): Promise<number> {
  const { url, wait, reports, folder } = suiteOptions(suite, args)
  claimReports(reports)
  const { module, call } = suiteCall(suite, deliveryConfig(), { root: repository, folder })
  const path = join(repository, "modules", module)
  const engine = await prepare(path)
  const { address, service } = reachable(url)
  const lines: string[] = []
  say(`▶ test:${suite} against ${url}`)
  clearReports(reports, [])
  const options = [`--url=${address}`, `--wait=${wait}`, ...service]
  const { exitCode, engineDied } = await callDagger(
    engine,
    ["call", "--progress=plain", "-m", path, ...call, ...options, "reports", "export", `--path=${reports}`],
    { cwd: repository, onProgress: (line) => lines.push(line) },
  )
  if (exitCode !== 0 || !existsSync(join(reports, "result.json"))) {
    console.error(lines.slice(-20).join("\n"))
    console.error(
      engineDied
        ? "the engine stopped while the suite ran; run the same command again"
        : `test:${suite} could not run: the lines above say why`,
    )
    return 2
  }
  const result = JSON.parse(readFileSync(join(reports, "result.json"), "utf8")) as {
    status: string
    reason: string
    seconds: number
  }
  const verdict = result.status === "passed" ? "✔ passed" : "✘ failed"
  console.log(`\n${verdict}  test:${suite}  ${result.seconds} s  ${result.reason}\n\nreports: ${reports}`)
  return result.status === "passed" ? 0 : 1
}

interface SuiteOptions {
  url: string
  /** Seconds to wait for the product. */
  wait: string
  /** Folder for the reports. */
  reports: string
  /** Folder of the API collection. */
  folder: string | undefined
}

function suiteOptions(suite: Suite, args: string[]): SuiteOptions {
  const folders = suite === "api" ? " [--folder FOLDER-OF-THE-COLLECTION]" : ""
  const usage = `npm run test:${suite} -- --url http://127.0.0.1:8080 [--reports ${reportsFolder}/${suite}] [--wait 30]${folders}`
  const options = {
    url: { type: "string" },
    reports: { type: "string" },
    folder: { type: "string" },
    wait: { type: "string", default: "30" },
  } as const
  const { url, wait, folder, ...values } = parsed(() => parseArgs({ args, options }), usage).values
  if (!url || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Error(`--url ${url ?? "is missing"}: give the product's address\n${usage}`)
  if (!/^[1-9]\d{0,3}$/.test(wait))
    throw new Error(`--wait ${wait}: seconds to wait for the product, a whole number from 1 to 9999`)
  const reports = resolve(process.env.INIT_CWD ?? ".", values.reports ?? join(repository, reportsFolder, suite))
  return { url, wait, reports, folder }
}

/**
 * The address under which a container reaches a product, and the arguments for that. A container has a loopback
 * interface of its own: a product on this machine's is given to it as the host `product`.
 */
function reachable(url: string): { address: string; service: string[] } {
  const address = new URL(url)
  const service: string[] = []
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(address.hostname)) {
    const port = address.port || (address.protocol === "https:" ? "443" : "80")
    service.push(`--service=tcp://${address.hostname}:${port}`, "--service-name=product")
    address.hostname = "product"
    address.port = port
  }
  return { address: address.href.replace(/\/$/, ""), service }
}

function parsed<T>(parse: () => T, usage: string): T {
  try {
    return parse()
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${usage}`)
  }
}

/** The status with which an address answers; undefined if it does not. */
async function statusOf(url: string): Promise<number | undefined> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).status
  } catch {
    return undefined
  }
}

/** The first port from `from` on that is free on every address. */
async function freePort(from: number): Promise<number> {
  for (let port = from; port < from + 50; port++) if (await isFree(port)) return port
  throw new Error(`no port from ${from} to ${from + 49} is free; name one with --port`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}
