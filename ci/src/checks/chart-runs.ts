// Which charts helm lint runs on, and with which values.
import { deploymentSettings } from "../config/chart-settings"
import type { Config } from "../config/config"
import { inFolder } from "../shared/folders"

/** Charts as the module helm takes them, `folder` or `folder=file+file`, and files of values to add to them. */
export interface ChartRuns {
  charts: string[]
  files: Record<string, string>
}

/** The digest of an image that is not built yet. */
const anyDigest = `sha256:${"0".repeat(64)}`

/**
 * Returns the runs on charts: on the delivered one with what each environment deploys, on each with its own `ci/*-values.yaml`, and
 * alone on those that have no values but their own: a chart may have values without a default. `files` are all of the charts'.
 */
export function chartRuns(config: Config, charts: string[], files: string[]): ChartRuns {
  const runs = charts.map((chart): ChartRuns => {
    const given = [...(chart === config.chart.path ? deployed(config) : []), ...forCi(chart, files)]
    return given.length
      ? {
          charts: given.map(({ values }) => `${chart}=${values.join("+")}`),
          files: merge(given.map(({ added }) => added)),
        }
      : { charts: [chart], files: {} }
  })
  return { charts: runs.flatMap((one) => one.charts), files: merge(runs.map((one) => one.files)) }
}

/** Files of values from the source's root, and those of them that are not in it. */
interface Values {
  values: string[]
  added: Record<string, string>
}

const merge = (all: Record<string, string>[]): Record<string, string> =>
  Object.assign({}, ...all) as Record<string, string>

/** Returns the values that each environment deploys. */
function deployed(config: Config): Values[] {
  const { chart, environments, services, registry } = config
  const delivered = Object.entries(services).filter(([, { image }]) => image)
  const images = Object.fromEntries(delivered.map(([name]) => [name, `${registry}/${name}@${anyDigest}`]))
  return Object.entries(environments).map(([name, environment]) => {
    const ephemeral = environment.cluster === "ephemeral"
    const own = [environment.values, ...(ephemeral && chart.ephemeral ? [chart.ephemeral] : [])]
    // A file whose name begins with a dot is not named in a finding.
    const file = `.deployment/${name}.yaml`
    const settings = nested(deploymentSettings(config, environment, { images, ephemeral }))
    return {
      values: [...own.map((one) => `${chart.path}/${one}`), file],
      added: { [file]: `${JSON.stringify(settings, null, 1)}\n` },
    }
  })
}

/** Returns the values that a chart has for its own tests. Names that the module's texts cannot hold are left out. */
function forCi(chart: string, files: string[]): Values[] {
  const folder = inFolder(chart, "ci/")
  return files
    .filter((file) => file.startsWith(folder) && /^[^/+=\t\n]*-values\.yaml$/.test(file.slice(folder.length)))
    .sort()
    .map((file) => ({ values: [file], added: {} }))
}

/** Returns settings `a.b=value` as an object, as helm's --set reads them: true, false and whole numbers are no texts. */
export function nested(settings: string[]): object {
  const whole: Record<string, unknown> = {}
  for (const setting of settings) {
    const at = setting.indexOf("=")
    const path = setting.slice(0, at).split(/(?<!\\)\./)
    const names = path.map((name) => name.replaceAll("\\.", "."))
    const parent = names.slice(0, -1).reduce((node, name) => {
      node[name] ??= {}
      return node[name] as Record<string, unknown>
    }, whole)
    parent[names.at(-1)!] = valueOf(setting.slice(at + 1))
  }
  return whole
}

function valueOf(text: string): unknown {
  if (text === "true" || text === "false") return text === "true"
  return /^(?:0|-?[1-9]\d{0,15})$/.test(text) ? Number(text) : text
}
