// The licences of packages whose lock file does not name them, as the registry has them.
import { Container, dag } from "@dagger.io/dagger"
import { type Locked } from "./shared/locked"
import { readReport, runStep, type Ran } from "./shared/step"

/** What a registry knows of some packages. */
export interface Licences {
  /** By `name@version`; none for a package that the registry does not have. */
  found: Record<string, string>
  /** Why some are not known; empty if the registry has answered. */
  unanswered: string
  ran: Ran
}

/**
 * Reads `name@version` from standard input, one per line, and asks the registries that npm is configured for. What they know is in
 * licences.json of the folder that is the argument; unanswered.txt says why the rest is not known. Asks each three times, and stops
 * at a registry that is silent. A package that a registry refuses to show has no known licence.
 */
export const licencesScript = `
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"

const folder = process.argv[2]
const wanted = readFileSync(0, "utf8").split("\\n").filter(Boolean)
const npm = JSON.parse(execFileSync("npm", ["config", "list", "--json"], { encoding: "utf8" }))
const addressOf = (id) => {
  const [, scope, name, version] = /^(?:(@[^/]+)\\/)?(.+)@(.+)$/.exec(id)
  const registry = (scope && npm[scope + ":registry"]) || npm.registry
  const path = (scope ? scope + "%2f" : "") + encodeURIComponent(name) + "/" + encodeURIComponent(version)
  return registry.replace(/\\/+$/, "") + "/" + path
}
const textOf = (licence) => (typeof licence === "object" && licence !== null ? licence.type : licence)
const read = ({ license, licenses }) => {
  const list = (Array.isArray(licenses) ? licenses : [licenses]).map(textOf).filter(Boolean)
  return textOf(license) ?? (list.length > 1 ? "(" + list.join(" OR ") + ")" : list[0])
}

const found = {}
const silent = new Map()
async function ask(id) {
  const address = addressOf(id)
  const { host } = new URL(address)
  for (let attempt = 1; attempt <= 3 && !silent.has(host); attempt++) {
    const why = await fetch(address, { signal: AbortSignal.timeout(20_000) }).then(
      async (answer) => {
        if (answer.status === 429 || answer.status >= 500) return "status " + answer.status
        const licence = answer.ok ? read(await answer.json()) : undefined
        if (typeof licence === "string") found[id] = licence
      },
      (error) => error.cause?.code ?? error.message,
    )
    if (why === undefined) return
    if (attempt === 3) silent.set(host, why)
    else await new Promise((resolve) => setTimeout(resolve, attempt * 500))
  }
}
const work = wanted.values()
await Promise.all(Array.from({ length: 12 }, async () => { for (const id of work) await ask(id) }))
writeFileSync(folder + "/licences.json", JSON.stringify(found))
const words = [...silent].map(([host, why]) => host + " did not answer (" + why + ")")
writeFileSync(folder + "/unanswered.txt", words.join("; "))
process.exitCode = silent.size > 0 ? 1 : 0
`

/** Asks for the licences of packages. The container has Node and npm; what was answered is cached by the packages. */
export async function licencesOf(npm: Container, packages: Locked[], timeout: number): Promise<Licences> {
  const list = packages.map(({ name, version }) => `${name}@${version}\n`).join("")
  const input = dag.directory().withNewFile("packages.txt", list).withNewFile("licences.mjs", licencesScript)
  const container = npm.withMountedDirectory("/licences", input).withEnvVariable("NODE_USE_ENV_PROXY", "1")
  const command = ["bash", "-c", "node /licences/licences.mjs /report < /licences/packages.txt"]
  const ran = await runStep(container, command, timeout, { yields: true })
  const [found, unanswered, output] = await Promise.all(
    ["licences.json", "unanswered.txt", "output.txt"].map((file) => readReport(ran.reports, file)),
  )
  return { ...readLicences({ found: found!, unanswered: unanswered!, output: output! }), ran }
}

/** Reads the reports of the script; without them, its last words say why nothing is known. */
export function readLicences(reports: Record<"found" | "unanswered" | "output", string>): Omit<Licences, "ran"> {
  const { found, unanswered, output } = reports
  if (found !== "") return { found: JSON.parse(found) as Record<string, string>, unanswered }
  const last = output.trim().split("\n").at(-1) ?? ""
  return { found: {}, unanswered: `the registry could not be asked${last ? `: ${last}` : ""}` }
}
