// Coverage gates that a change lowers: they begin at what there is, and never fall.
import type { Config } from "../config/config"
import { readSource } from "../config/places"
import type { Stage } from "../report/stages"

/** The rule of a suppression that lets the gates of delivery.yaml fall. */
const gateRule = "coverage-gate"

/** A gate that is lower than it was, in percent. */
export interface LoweredGate {
  setting: string
  from: number
  to: number
}

/** Returns the coverage gates that a delivery.yaml sets itself, by their setting. */
function writtenGates(text: string): Record<string, number> {
  const { document } = readSource(text)
  if (document.errors.length) return {}
  const at = (...path: string[]): number | undefined => {
    const value: unknown = document.getIn(path)
    return typeof value === "number" ? value : undefined
  }
  const { services } = (document.toJS() ?? {}) as { services?: unknown }
  const names = typeof services === "object" && services !== null ? Object.keys(services) : []
  const gates = {
    "gates.coverage.total": at("gates", "coverage", "total"),
    "gates.coverage.changedLines": at("gates", "coverage", "changedLines"),
    ...Object.fromEntries(
      names.map((name) => [
        `services.${name}.coverage`,
        at("services", name, "coverage") ?? at("gates", "coverage", "service"),
      ]),
    ),
  }
  return Object.fromEntries(Object.entries(gates).filter((one): one is [string, number] => one[1] !== undefined))
}

/**
 * Returns the gates that the delivery.yaml of the base sets, and that are lower now. Services that are gone, or whose coverage is
 * not known any more, have none.
 */
export function loweredGates(before: string, { coverage, services }: Config): LoweredGate[] {
  const now: Record<string, number> = {
    "gates.coverage.total": coverage.total,
    "gates.coverage.changedLines": coverage.changedLines,
    ...Object.fromEntries(
      Object.entries(services)
        .filter(([, { kind }]) => kind !== "docker")
        .map(([name, service]) => [`services.${name}.coverage`, service.coverage]),
    ),
  }
  return Object.entries(writtenGates(before)).flatMap(([setting, from]) => {
    const to = now[setting]
    return to !== undefined && to < from ? { setting, from, to } : []
  })
}

/** Returns the stage of all coverage, failed if a gate has fallen since the base and no suppression accepts that. */
export function heldGates(
  stage: Stage,
  lowered: LoweredGate[],
  { suppressions, base, today }: Pick<Config, "suppressions"> & { base: string; today: string },
): Stage {
  const [first, ...more] = lowered
  const accepted = suppressions.find(({ rule, path }) => rule === gateRule && path === "delivery.yaml")
  if (!first || stage.status === "failed" || (accepted && accepted.until >= today)) return stage
  const others = more.length ? ` (and ${more.length} more)` : ""
  const ended = accepted ? `; its suppression ended on ${accepted.until}` : ""
  return {
    ...stage,
    status: "failed",
    reason: `${first.setting} falls from ${first.from} % to ${first.to} % since ${base}${others}${ended}`,
    exitCode: 1,
    next: `a coverage gate never falls: add tests, or suppressions: - { rule: ${gateRule}, path: delivery.yaml, reason: "…", until: … }`,
  }
}
