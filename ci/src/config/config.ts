// delivery.yaml from text to configuration: read, extend, validate, fill in defaults, cross-check. Every fault is found
// before anything runs.
import { crossCheck } from "./cross-check"
import { withDefaults } from "./defaults"
import { extendEnvironments, type Written } from "./extend"
import { positionOf, readSource, type Source } from "./places"
import type { Config, WrittenConfig } from "./types"
import { validate } from "./validate"

export type * from "./types"

/** The faults of a delivery.yaml, one line each: path, line, value, what is allowed. */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    const count = faults.length === 1 ? "a fault" : `${faults.length} faults`
    super(`delivery.yaml has ${count}:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`)
  }
}

/** Reads the text of a delivery.yaml. Throws a ConfigError that lists every fault. */
export function parseConfig(text: string): Config {
  const source = readSource(text)
  refuse(syntaxFaults(source))
  const faults: string[] = []
  const value = extendEnvironments((source.document.toJS() ?? {}) as Written, (name, fault) =>
    faults.push(`${positionOf(source, ["environments", name, "extends"])}: ${fault}`),
  )
  refuse([...faults, ...validate(value, source)])
  // Validation has filled in the defaults of the schema: what is written is known from the text alone.
  const isGateWritten = source.document.hasIn(["gates", "coverage", "service"])
  const config = withDefaults(value as unknown as WrittenConfig, isGateWritten)
  refuse(crossCheck(config).map(({ path, fault }) => `${positionOf(source, path)}: ${fault}`))
  return config
}

function refuse(faults: string[]): void {
  if (faults.length) throw new ConfigError(faults)
}

function syntaxFaults({ document, lines }: Source): string[] {
  return document.errors.map(({ pos, message }) => {
    const first = message.split("\n")[0]!.replace(/ at line \d+.*$/, "")
    return `line ${lines.linePos(pos[0]).line}: ${first}`
  })
}
