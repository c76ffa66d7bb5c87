// `extends` of environments: one environment takes the settings of another that it does not have itself.

/** A mapping of the file, before it is validated. */
export type Settings = Record<string, unknown>
export type Written = Settings & { environments?: Settings }

/**
 * Returns the file's value with each environment that extends another filled in from that one. `fault` receives the name
 * of an environment whose `extends` is wrong, and why.
 */
export function extendEnvironments(written: Written, fault: (name: string, text: string) => void): Written {
  const { environments } = written
  if (!isMapping(environments)) return written
  const whole = (name: string, below: string[]): unknown => {
    const own = environments[name]
    if (!isMapping(own)) return own
    const base = own.extends
    if (typeof base !== "string" || !isMapping(environments[base])) {
      if (typeof base === "string" && below.length === 0)
        fault(
          name,
          `there is no environment ${JSON.stringify(base)}; there are: ${Object.keys(environments).join(", ")}`,
        )
      return own
    }
    if ([...below, name].includes(base)) {
      fault(below[0] ?? name, `circular \`extends\`: ${[...below, name, base].join(" → ")}`)
      return own
    }
    const from = whole(base, [...below, name]) as Settings
    // What one environment requires would let a release into the next one untested: each has its own.
    const { requires: _, ...rules } = isMapping(from.promote) ? from.promote : {}
    const promote = isMapping(from.promote) ? { promote: mergeByKey(rules, own.promote) } : {}
    const gates = isMapping(from.gates) ? { gates: mergeByKey(from.gates, own.gates) } : {}
    return { ...from, ...own, ...gates, ...promote }
  }
  return {
    ...written,
    environments: Object.fromEntries(Object.keys(environments).map((name) => [name, whole(name, [])])),
  }
}

/** The gates or rules of an environment over those of the one that it extends, number by number. */
function mergeByKey(below: Settings, own: unknown): unknown {
  if (own === undefined) return below
  if (!isMapping(own)) return own
  return {
    ...below,
    ...Object.fromEntries(
      Object.entries(own).map(([gate, numbers]) => [
        gate,
        isMapping(numbers) && isMapping(below[gate]) ? { ...below[gate], ...numbers } : numbers,
      ]),
    ),
  }
}

export function isMapping(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
