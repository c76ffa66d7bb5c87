// Which stages run: `--only` and `--skip`.
import { stageNamesOf } from "../catalogue"
import type { Config } from "../config/config"

/** Returns the names of all stages: services in the order of delivery.yaml. */
export function stageNames({ services }: Pick<Config, "services">): string[] {
  return stageNamesOf(services)
}

/**
 * Returns the stages that run. A word of `only` or `skip` is a stage (`api:test`), a service (`api`: all its stages)
 * or a step (`test`: of every service). Throws if a word names nothing.
 */
export function selectStages(all: string[], only: string[], skip: string[]): Set<string> {
  const words = [...new Set(all.flatMap((name) => [name, ...name.split(":")]))]
  const unknown = (option: string, list: string[]) =>
    list.filter((word) => !words.includes(word)).map((word) => `${option} ${word}`)
  const wrong = [...unknown("--only", only), ...unknown("--skip", skip)]
  if (wrong.length)
    throw new Error(`${wrong.join(", ")}: no such stage. A stage, a service or a step is allowed: ${words.join(", ")}`)
  const named = (name: string, list: string[]) => list.some((word) => name === word || name.split(":").includes(word))
  return new Set(all.filter((name) => (!only.length || named(name, only)) && !named(name, skip)))
}
