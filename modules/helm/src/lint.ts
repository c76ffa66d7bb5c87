// Lints charts and makes one result of what helm says of them.
import { Directory, dag } from "@dagger.io/dagger"
import { images } from "./images"
import { authorities } from "./release"
import { LintRun, describeLint, lintRuns, readRuns, setArguments } from "./read"
import { lintScript } from "./scripts/chart"
import { withNonce } from "./shared/nonce"
import { Result, makeResult } from "./shared/result"
import { sarif } from "./shared/sarif"
import { Ran, readReport, runStep } from "./shared/step"

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
  const helm = dag.container().from(images.helm)
  const container = dag
    .container()
    .from(images.debian)
    .withFile("/usr/local/bin/helm", helm.file("/usr/bin/helm"))
    .withFile(authorities, helm.file(authorities))
    .withMountedDirectory("/src", source)
    .withWorkdir("/src")
  const list = runs.map(({ chart, values }) => `${chart}\t${values.join(",")}`).join("\n")
  const command = ["bash", "-c", lintScript, "lint", list, ...setArguments(set)]
  return lintResult(name, await runStep(withNonce(container, nonce), command, timeout), runs)
}

/** The result of several runs of `helm lint`. */
async function lintResult(name: string, ran: Ran, runs: LintRun[]): Promise<Result> {
  const outputs = await Promise.all(runs.map((_, i) => readReport(ran.reports, `lint-${i}.txt`)))
  const log = await readReport(ran.reports, "output.txt")
  const { findings, broken, clean } = readRuns(ran, runs, { outputs, log })
  const reason = [broken, describeLint(findings)].filter((part) => part !== "").join("; ") || clean
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
