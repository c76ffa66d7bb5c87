// Feedback of beta users, read from the running product and compared with a gate.
import { ReturnType, Service, dag } from "@dagger.io/dagger"
import type { Environment } from "../config/config"
import { images } from "../images"
import type { Decided } from "../report/parts"
import { unique } from "../report/unique"

type Gate = NonNullable<Environment["gates"]["feedback"]>

const severities = ["blocker", "critical"] as const

/** Requests the open feedback of one severity on one version; prints a JSON list of its texts. */
const script = `
const [address, version, severity] = process.argv.slice(1)
const url = address + "?" + new URLSearchParams({ version, severity, status: "open", limit: "200" })
const end = (text) => { console.error(url + " " + text); process.exit(7) }
const options = { signal: AbortSignal.timeout(10000), headers: { "cache-control": "no-cache" } }
const answer = await fetch(url, options).catch((error) => end("cannot be reached: " + (error.cause?.message || error.message)))
if (answer.status !== 200) end("answers " + answer.status)
console.log(JSON.stringify((await answer.json()).items.map(({ text }) => text)))
`

/** Reads the open feedback on a version and compares it with the gate. Throws if the product does not answer. */
export async function openFeedback(
  address: string,
  { service, serviceName }: { service?: Service; serviceName: string },
  version: string,
  gate: Gate,
): Promise<Decided> {
  const texts: Partial<Record<(typeof severities)[number], string[]>> = {}
  for (const severity of severities) {
    if (gate[severity] < 0) continue
    let container = dag.container().from(images.node).withEnvVariable("NONCE", unique())
    if (service) container = container.withServiceBinding(serviceName, service)
    const url = `${address}${gate.path}`
    const read = container.withExec(
      ["timeout", "30", "node", "--input-type=module", "-e", script, url, version, severity],
      { expect: ReturnType.Any },
    )
    if ((await read.exitCode()) !== 0) throw new Error((await read.stderr()).trim().split("\n").at(-1))
    texts[severity] = JSON.parse(await read.stdout()) as string[]
  }
  return feedbackResult(texts, gate)
}

/**
 * Returns the verdict on open feedback: the number of the first severity that exceeds its limit with its first text,
 * else the number of the first one that has a limit.
 */
export function feedbackResult(texts: Partial<Record<(typeof severities)[number], string[]>>, gate: Gate): Decided {
  const limited = severities
    .filter((severity) => gate[severity] >= 0)
    .map((severity) => ({ severity, open: texts[severity] ?? [], limit: gate[severity] }))
  const shown = limited.find(({ open, limit }) => open.length > limit) ?? limited[0]
  if (!shown) return { status: "passed", reason: "no severity has a limit" }
  const { severity, open, limit } = shown
  const number = { value: open.length, limit, unit: `open ${severity}s` }
  if (open.length <= limit)
    return {
      status: "passed",
      reason: limited.map((one) => `${one.open.length} open ${one.severity}s`).join(", "),
      ...number,
    }
  const count = `${open.length} open ${severity}${open.length > 1 ? "s" : ""}`
  const reason = `${count} on this version, ${limit} allowed: ${JSON.stringify(open[0]!.slice(0, 200))}`
  return { status: "failed", reason, ...number }
}
