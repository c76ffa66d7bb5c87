// Generated from modules/shared/steps.ts by `npm run sync`; do not edit.
// The steps that a caller of `check` chooses.

/** A chosen step and its time limit in seconds. */
export interface ChosenStep<Name extends string> {
  name: Name
  timeout: number
}

/**
 * Reads steps of the form `NAME` or `NAME=SECONDS`, for example `test=900`; without seconds the limit is 600. It is an
 * error when one is none of `names`, and when none is chosen.
 */
export function readSteps<Name extends string>(given: string[], names: readonly Name[]): ChosenStep<Name>[] {
  const available = `available: ${names.join(", ")}`
  if (given.length === 0) throw new Error(`steps: empty; ${available}`)
  return given.map((text) => {
    const [, word, seconds = "600"] = /^([^=]+)(?:=(.*))?$/s.exec(text) ?? []
    const name = names.find((one) => one === word)
    if (name === undefined) throw new Error(`steps: ${text} is not a step; ${available}`)
    if (!(Number(seconds) > 0)) throw new Error(`steps: ${text}: ${JSON.stringify(seconds)} is no number of seconds`)
    return { name, timeout: Number(seconds) }
  })
}
