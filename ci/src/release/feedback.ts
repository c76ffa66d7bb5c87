// Beta users' feedback, read from the running product.
import { ReturnType, Service, dag } from "@dagger.io/dagger"
import { images } from "../images"
import { unique } from "../report/unique"

/** Asks for open feedback of one severity on one version, with a limit on the wait; prints a JSON list of texts. */
const script = `
const [address, version, severity] = process.argv.slice(1)
const url = address + "/api/restaurant/feedback?" + new URLSearchParams({ version, severity, status: "open", limit: "200" })
const answer = await fetch(url, { signal: AbortSignal.timeout(10000), headers: { "cache-control": "no-cache" } }).catch((error) => { console.error(url + " cannot be reached: " + (error.cause?.message || error.message)); process.exit(7) })
if (answer.status !== 200) { console.error(url + " answers " + answer.status); process.exit(7) }
console.log(JSON.stringify((await answer.json()).items.map(({ text }) => text)))
`

/** Counts what is open; more than the gate allows is an error that repeats the first. */
export async function openFeedback(
  address: string,
  target: Service | undefined,
  targetName: string,
  version: string,
  gate: { blocker: number; critical: number },
) {
  const found: string[] = []
  for (const severity of ["blocker", "critical"] as const) {
    const most = gate[severity]
    if (most < 0) continue
    let container = dag.container().from(images.node).withEnvVariable("ASKED_AT", unique())
    if (target) container = container.withServiceBinding(targetName, target)
    const asked = container.withExec(
      ["timeout", "30", "node", "--input-type=module", "-e", script, address, version, severity],
      { expect: ReturnType.Any },
    )
    if ((await asked.exitCode()) !== 0) throw new Error((await asked.stderr()).trim().split("\n").at(-1))
    const texts = JSON.parse(await asked.stdout()) as string[]
    if (texts.length > most)
      throw new Error(
        `${texts.length} open ${severity}${texts.length > 1 ? "s" : ""} on this version, ${most} allowed: ${JSON.stringify(texts[0]!.slice(0, 200))}`,
      )
    found.push(`${texts.length} open ${severity}s`)
  }
  return { reason: found.join(", "), value: 0, limit: gate.blocker, unit: "open blockers" }
}
