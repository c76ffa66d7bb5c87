// The part of delivery.yaml that describes the product: the full form of its short settings, and whether they fit
// together.
import Ajv from "ajv"
import schema from "../../delivery.schema.json"

/** How a service runs. delivery.schema.json describes every setting. */
export interface Run {
  port: number
  metrics?: number
  config?: string
  needs: string[]
  env: Record<string, string>
  before?: { args: string[]; env: Record<string, string> }
}

/** The product's Helm chart, and where it takes what a deployment sets. */
export interface Chart {
  path: string
  ephemeral?: string
  images: string[]
  values: { image: string; appMode: string; appUrl: string; nodePort: string; demo?: string; fault: string }
  faults: Record<string, string>
}

/** A Postman collection; all of its folders if none is named. */
export interface ApiSuite {
  collection: string
  folders: string[]
}

/** An address that gives the version that runs. */
export interface HealthAddress {
  name: string
  path: string
}

/** The product on one machine. */
export interface ProductSettings {
  entry: string
  env: Record<string, string>
  demo: Record<string, string>
  postgres: { database: string; init?: string; env: Record<string, string> }
}

/** The release that runs today. */
export interface Baseline {
  file: string
  migrations: string
}

/** What a rehearsal needs beside the product. */
export interface RehearsalSettings {
  platform: string
  probe: string
  faults: string[]
}

/** The product's settings in full. */
export interface Product {
  chart: Chart
  health: HealthAddress[]
  suites: { api?: ApiSuite; ui?: string; load?: string }
  product?: ProductSettings
  baseline?: Baseline
  rehearsal: RehearsalSettings
}

/** The product's settings as a valid file has them: some in a short form. */
export interface WrittenProduct {
  chart: string | Chart
  health: (string | HealthAddress)[]
  suites: { api?: string | ApiSuite; ui?: string; load?: string }
  product?: ProductSettings
  baseline?: Baseline
  rehearsal: Omit<RehearsalSettings, "probe"> & { probe?: string }
}

const fillChart = new Ajv({ strict: false, useDefaults: true }).compile(schema.properties.chart.else)

/** Returns the product's settings in full, with the defaults of what a short form leaves out. */
export function fullProduct({ chart, health, suites, product, baseline, rehearsal }: WrittenProduct): Product {
  const whole = typeof chart === "string" ? { path: chart } : chart
  fillChart(whole)
  const { api, ...others } = suites
  const addresses = health.map((one) => (typeof one === "string" ? { name: nameOf(one), path: one } : one))
  return {
    chart: { ...whole, path: whole.path.replace(/^\.\//, "").replace(/\/+$/, "") } as Chart,
    health: addresses,
    suites:
      api === undefined ? others : { api: typeof api === "string" ? { collection: api, folders: [] } : api, ...others },
    product,
    baseline,
    rehearsal: { ...rehearsal, probe: rehearsal.probe ?? addresses[0]!.path },
  }
}

/** Returns the name of an address that has none: its path, such as `api-version` for /api/version. */
function nameOf(path: string): string {
  return path.replace(/^\/+|\/+$/g, "").replaceAll("/", "-") || "page"
}

/** The parts of the file that faults of the product are about. */
interface Parts extends Pick<Product, "health" | "product"> {
  services: Record<string, { run?: Run }>
}

/** Returns what does not fit together: the path of each setting, and what is wrong with it. */
export function productFaults({ services, health, product }: Parts): { path: string[]; fault: string }[] {
  const faults: { path: string[]; fault: string }[] = []
  const runs = Object.keys(services).filter((name) => services[name]!.run)
  for (const name of runs) {
    const path = ["services", name, "run", "needs"]
    const allowed = ["postgres", "redis", ...runs.filter((other) => other !== name)]
    for (const need of services[name]!.run!.needs.filter((one) => !allowed.includes(one)))
      faults.push({ path, fault: `${JSON.stringify(need)} is not allowed; allowed: ${allowed.join(", ")}` })
    const circle = circleFrom(name, (one) => services[one]?.run?.needs ?? [])
    if (circle) faults.push({ path, fault: `circular needs: ${circle.join(" → ")}` })
  }
  if (product && !runs.includes(product.entry)) {
    const allowed = runs.join(", ") || "none; no service has `run`"
    faults.push({
      path: ["product", "entry"],
      fault: `${JSON.stringify(product.entry)} is not allowed; allowed: ${allowed}`,
    })
  }
  const names = health.map(({ name }) => name)
  for (const [i, name] of names.entries())
    if (names.indexOf(name) < i)
      faults.push({ path: ["health", String(i)], fault: `${name} is the name of another address; each has its own` })
  return faults
}

/** Returns the way from a name back to itself; undefined if there is none. */
function circleFrom(name: string, next: (name: string) => string[]): string[] | undefined {
  const walk = (way: string[]): string[] | undefined => {
    for (const one of next(way.at(-1)!)) {
      if (one === name) return [...way, one]
      const found = way.includes(one) ? undefined : walk([...way, one])
      if (found) return found
    }
    return undefined
  }
  return walk([name])
}
