// Lints charts and makes one result of what helm says of them.
import { Directory, dag } from "@dagger.io/dagger"
import { images } from "./images"
import { LintRun, describeLint, lintFindings, lintRuns, mergedFindings, setArguments, unlinted } from "./read"
import { lintScript } from "./scripts/chart"
import { withNonce } from "./shared/nonce"
import { Result, makeResult, timedOutAfter } from "./shared/result"
import { sarif } from "./shared/sarif"
import { Ran, readReport, runStep } from "./shared/step"
import { couldNotRun } from "./shared/words"

interface LintOptions {
  source: Directory
  charts: string[]
  set: string[]
  timeout: number
  nonce: string
}

/** Lints charts with their values, one after the other. */
export async function lintCharts(name: string, { source, charts, set, timeout, nonce }: LintOptions): Promise<Result> {
  const runs = lintRuns(charts)
  for (const { chart, values } of runs)
    for (const file of [chart === "." ? "Chart.yaml" : `${chart}/Chart.yaml`, ...values])
      if (!(await source.exists(file))) throw new Error(`there is no ${file} in the source`)
  // helm alone: lint needs no kubectl.
  const container = dag
    .container()
    .from(images.debian)
    .withFile("/usr/local/bin/helm", dag.container().from(images.helm).file("/usr/bin/helm"))
    .withMountedDirectory("/src", source)
    .withWorkdir("/src")
  const list = runs.map(({ chart, values }) => `${chart}\t${values.join(",")}`).join("\n")
  const command = ["bash", "-c", lintScript, "lint", list, ...setArguments(set)]
  return lintResult(name, await runStep(withNonce(container, nonce), command, timeout), runs)
}

/** The result of several runs of `helm lint`. What two runs find in the same place is one finding. */
async function lintResult(name: string, ran: Ran, runs: LintRun[]): Promise<Result> {
  const outputs = await Promise.all(runs.map((_, i) => readReport(ran.reports, `lint-${i}.txt`)))
  const findings = mergedFindings(
    runs.map(({ chart, values }, i) => ({ findings: lintFindings(outputs[i]!, chart), values })),
  )
  const broken = await brokenReason(ran, runs, outputs, findings.length)
  const reason = broken || describeLint(findings) || cleanReason(runs, outputs)
  const reports = runs
    .reduce((folder, _, i) => folder.withoutFile(`lint-${i}.txt`), ran.reports)
    .withNewFile("helm.sarif", sarif(["helm"], findings))
  return makeResult(name, broken || findings.length ? "failed" : "passed", reason, {
    exitCode: broken ? ran.exitCode || 1 : 0,
    seconds: ran.seconds,
    cached: ran.cached,
    value: findings.length,
    unit: "findings",
    reports,
  })
}

/** Why the charts were not linted completely; empty when they were. */
async function brokenReason(ran: Ran, runs: LintRun[], outputs: string[], findings: number): Promise<string> {
  if (ran.timedOut) return timedOutAfter(ran)
  const unread = runs.map(({ chart }, i) => unlinted(outputs[i]!, chart)).find((reason) => reason !== "")
  if (unread !== undefined) return unread
  if (ran.exitCode !== 0 && findings === 0)
    return couldNotRun("helm lint", ran, await readReport(ran.reports, "output.txt"))
  return ""
}

/** What was linted, when there is no finding. */
function cleanReason(runs: LintRun[], outputs: string[]): string {
  const charts = new Set(runs.map(({ chart }) => chart))
  const sets = runs.filter(({ values }) => values.length).length
  const incomplete = runs.filter((_, i) => /^without its dependencies/m.test(outputs[i]!)).map(({ chart }) => chart)
  const names = [...new Set(incomplete)].join(", ")
  return (
    `no finding in ${counted(charts.size, "chart")}` +
    (sets ? `, with ${counted(sets, "set")} of values` : "") +
    (names ? `; ${names} without the dependencies, which are not in the source` : "")
  )
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`
}
