// Lists what an image holds, and looks up its vulnerabilities in a database.
import { Container, Service, dag } from "@dagger.io/dagger"
import { countsOf, findingsOf, queriesOf, sbomOf, unreadOf, type Answer, type Inventory } from "./read"
import { inventoryScript, osvScript } from "./scripts"
import { firstLine } from "./shared/clock"
import { Result, makeResult, resultOfRun } from "./shared/result"
import { describe, ordered, sarif } from "./shared/sarif"
import { readReport, runStep, timesOf, type Ran } from "./shared/step"

/** How an image is scanned. */
export interface ScanOptions {
  name: string
  /** The container with Node, of which the image is not made. */
  base: Container
  database: string
  /** A service that the database's address may name, and its host name there. */
  service?: Service
  serviceName?: string
  /** What the image is called in the SBOM, and where findings are placed. */
  label: string
  timeout: number
  nonce: string
}

/** Lists an image's packages; an error when the list cannot be made. */
export async function inventoryOf(
  image: Container,
  base: Container,
  timeout: number,
): Promise<{ inventory: Inventory; ran: Ran }> {
  const container = base.withMountedDirectory("/image", image.rootfs())
  const command = ["bash", "-c", 'exec node -e "$1" /image > /report/inventory.json', "inventory", inventoryScript]
  const ran = await runStep(container, command, timeout)
  const text = await readReport(ran.reports, "inventory.json")
  if (ran.exitCode !== 0 || text === "")
    throw new Error(
      `the image cannot be listed: ${firstLine(await readReport(ran.reports, "output.txt")) || `exit code ${ran.exitCode}`}`,
    )
  return { inventory: JSON.parse(text) as Inventory, ran }
}

/** The result of a scan. Packages that no database knows make it inconclusive, not passed. */
export async function scanImage(image: Container, options: ScanOptions): Promise<Result> {
  const { name, base, database, service, serviceName = "database", label, timeout, nonce } = options
  const { inventory, ran: listing } = await inventoryOf(image, base, timeout)
  const queries = queriesOf(inventory)
  const today = `${new Date().toISOString().slice(0, 10)}${nonce}`
  const online = service ? base.withServiceBinding(serviceName, service) : base
  const asking = online.withEnvVariable("NONCE", today).withNewFile("/tmp/queries.json", JSON.stringify(queries))
  const command = [
    "bash",
    "-c",
    'exec node -e "$1" "$2" < /tmp/queries.json > /report/osv.json',
    "osv",
    osvScript,
    database,
  ]
  const ran = await runStep(asking, command, timeout)
  const text = await readReport(ran.reports, "osv.json")
  const reports = ran.reports
    .withNewFile("inventory.json", JSON.stringify(inventory))
    .withNewFile("sbom.cdx.json", sbomOf(inventory, label))
  if (ran.timedOut || ran.exitCode !== 0 || text === "")
    return resultOfRun(name, { ...ran, reports }, firstLine(await readReport(ran.reports, "output.txt")), {
      passed: false,
    })
  const answer = JSON.parse(text) as Answer
  const findings = ordered(findingsOf(queries, answer, label))
  const unread = unreadOf(inventory)
  const unreachable = [
    ...(answer.unreachable === undefined ? [] : [`${database} could not be asked: ${answer.unreachable}`]),
    ...(unread === "" ? [] : [`no database knows these of the image: ${unread}`]),
  ].join("; ")
  const counts = countsOf(inventory)
  const clean = counts === "" ? "nothing in the image that a database knows" : `no known vulnerability in ${counts}`
  const status = findings.length > 0 ? "failed" : unreachable ? "inconclusive" : "passed"
  const { longest, cached } = timesOf([listing, ran])
  return makeResult(name, status, describe(findings) || unreachable || clean, {
    exitCode: 0,
    seconds: longest,
    cached,
    value: findings.length,
    unit: "findings",
    details: { unreachable, packages: counts },
    reports: reports.withNewFile("scan.sarif", sarif(["osv"], findings)),
  })
}

/** The container of the scan. */
export function scanner(image: string): Container {
  return dag.container().from(image)
}
