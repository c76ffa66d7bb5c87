// Reads the JSON lines of terraform plan and apply, and what they say of a lock: pure functions over text.
import { Diagnostic, inOneLine } from "./read"

/** What a plan would do, or what an apply has done. */
export interface Changes {
  add: number
  change: number
  destroy: number
  /** The resources that change, in the order of the output. */
  resources: { address: string; action: string }[]
}

interface Line {
  type: string
  changes?: { add: number; change: number; remove: number; operation: string }
  change?: { resource: { addr: string }; action: string }
  diagnostic?: Diagnostic
  outputs?: Record<string, { sensitive: boolean; value?: unknown }>
}

/** The lines of `terraform … -json`; other lines are left out. */
function jsonLines(text: string): Line[] {
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Line]
    } catch {
      return []
    }
  })
}

/** The counts and resources of a plan; undefined when it was not finished. */
export function changesOf(jsonl: string): Changes | undefined {
  const lines = jsonLines(jsonl)
  const counts = lines.find(({ type }) => type === "change_summary")?.changes
  if (!counts) return undefined
  const resources = lines.flatMap(({ type, change }) =>
    type === "planned_change" && change ? [{ address: change.resource.addr, action: change.action }] : [],
  )
  return { add: counts.add, change: counts.change, destroy: counts.remove, resources }
}

/** `No changes`, or the three numbers. */
export function describe({ add, change, destroy }: Changes): string {
  return add + change + destroy === 0 ? "No changes" : `${add} to add, ${change} to change, ${destroy} to destroy`
}

/** The root's outputs after an apply, without the sensitive ones. */
export function outputsOf(jsonl: string): Record<string, unknown> {
  const outputs =
    jsonLines(jsonl)
      .filter(({ type }) => type === "outputs")
      .at(-1)?.outputs ?? {}
  return Object.fromEntries(
    Object.entries(outputs).flatMap(([name, { sensitive, value }]) =>
      sensitive || value === undefined ? [] : [[name, value]],
    ),
  )
}

/** The first error in the output of `terraform … -json`; empty when there is none. */
export function jsonError(jsonl: string, path: string): string {
  const error = jsonLines(jsonl).find(({ diagnostic }) => diagnostic?.severity === "error")?.diagnostic
  return error ? inOneLine(error, path) : ""
}

/** The lock of a state. */
export interface Lock {
  id: string
  who: string
  operation: string
  /** When it was taken, in ISO 8601. */
  created: string
  /** How old it is. */
  seconds: number
}

/** The lock that Terraform could not get; undefined without such an error. `now` is in milliseconds since 1970. */
export function lockOf(text: string, now: number): Lock | undefined {
  const details = [
    ...jsonLines(text).flatMap(({ diagnostic }) =>
      diagnostic ? [`${diagnostic.summary}\n${diagnostic.detail ?? ""}`] : [],
    ),
    text,
  ]
  for (const detail of details) {
    const info = /Error acquiring the state lock[\s\S]*?Lock Info:([\s\S]*)/.exec(detail)?.[1]
    if (info === undefined) continue
    const field = (name: string): string => new RegExp(`^[│ ]*${name}:[ ]*(.*)$`, "m").exec(info)?.[1]?.trim() ?? ""
    const [, date, time] = /^(\S+) (\d+:\d+:\d+(?:\.\d{1,3})?)\d* \+0000/.exec(field("Created")) ?? []
    const created = date ? Date.parse(`${date}T${time}Z`) : NaN
    return {
      id: field("ID"),
      who: field("Who"),
      operation: field("Operation")
        .replace(/^OperationType/, "")
        .toLowerCase(),
      created: Number.isNaN(created) ? field("Created") : new Date(created).toISOString(),
      seconds: Number.isNaN(created) ? -1 : Math.max(0, Math.round((now - created) / 1000)),
    }
  }
  return undefined
}

/** The lock's holder and age, and what to do. */
export function describeLock({ id, who, operation, created, seconds }: Lock): string {
  return (
    `the state is locked by ${who} (${operation}) ${ageOf(seconds, created)}, since ${created}: wait for that run; ` +
    `only when it is certainly gone, call unlock --lock-id=${id}`
  )
}

function ageOf(seconds: number, created: string): string {
  if (seconds < 0) return `since ${created}`
  if (seconds < 120) return `for ${seconds} s`
  return seconds < 7200 ? `for ${Math.floor(seconds / 60)} min` : `for ${Math.floor(seconds / 3600)} h`
}
