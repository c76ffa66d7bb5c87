// lint:helm: helm lint on every chart; on the delivered one with the values of each environment too.
import { dag } from "@dagger.io/dagger"
import type { Config } from "../config/config"
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
    const runs = dag.helm().lint(input, {
      charts: [...charts, ...(charts.includes(config.chart.path) ? withValues(config) : [])],
      name: silent,
      timeout: config.timeouts.lint,
      deadline,
      nonce,
    })
    return scanned("lint:helm", runs.reports())
  },
  judge: ({ config }) => countFindings(config, { severity: "medium" }),
})

/** Returns the delivered chart with each set of values that an environment uses, as `chart=file+file`. */
function withValues({ chart, environments }: Config): string[] {
  const sets = Object.values(environments).map(({ values, cluster }) => {
    const files = [values, ...(cluster === "ephemeral" && chart.ephemeral ? [chart.ephemeral] : [])]
    return `${chart.path}=${files.map((file) => `${chart.path}/${file}`).join("+")}`
  })
  return [...new Set(sets)]
}
