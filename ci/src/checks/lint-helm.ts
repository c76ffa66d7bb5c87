// lint:helm: helm lint on every chart, on the delivered one with what each environment deploys.
import { dag } from "@dagger.io/dagger"
import { chartRuns } from "./chart-runs"
import { NotApplicable, defineCheck } from "./check"
import { countFindings } from "./findings"
import { withoutMarkdown } from "./inputs"
import { chartFolders } from "./paths"
import { scanned, silent } from "./results"

export const lintHelm = defineCheck({
  name: "lint:helm",
  async applies({ source, config }) {
    const exclude = [".git", "**/node_modules", ...config.lint.exclusions]
    const charts = chartFolders(await source.filter({ include: ["**/Chart.yaml"], exclude }).glob("**/Chart.yaml"))
    return charts.length ? charts : new NotApplicable("there is no Chart.yaml")
  },
  async run({ source, config, deadline, nonce }, charts) {
    let input = dag.directory()
    for (const folder of charts) input = input.withDirectory(folder, await withoutMarkdown(source.directory(folder)))
    const { charts: runs, files } = chartRuns(config, charts, await input.glob("**/ci/*-values.yaml"))
    for (const [file, text] of Object.entries(files)) input = input.withNewFile(file, text)
    const linted = dag.helm().lint(input, {
      charts: runs,
      name: silent,
      timeout: config.timeouts.lint,
      deadline,
      nonce,
    })
    return scanned("lint:helm", linted.reports())
  },
  judge: ({ config }) => countFindings(config, { severity: "medium" }),
})
