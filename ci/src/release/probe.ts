// What a bad release cost, from what a probe has counted (modules/health, `probed`).

/** What the probe has counted: runs of answers of one kind; times are seconds since 1970. */
export interface ProbeLog {
  requests: number
  runs: { good: boolean; from: number; to: number; count: number; last: string }[]
}

/**
 * Returns for how long the product was bad, from the first bad answer to the first of the good ones that lasted, and
 * how many requests were lost. Answers from before the release (`released`, seconds since 1970) do not count.
 */
export function lost({ requests, runs }: ProbeLog, released: number): { reason: string; value: number; unit: string } {
  const since = runs.filter(({ to }) => to >= released)
  if (!since.some(({ good }) => good)) throw new Error(`no request of ${requests} was answered`)
  const bad = since.filter(({ good }) => !good)
  if (!bad.length) throw new Error(`the fault cost no request of ${requests}: it was not there`)
  const end = since.at(-1)!
  if (!end.good) throw new Error(`the product is still bad: ${end.last}`)
  const seconds = Math.round((end.from - bad[0]!.from) * 10) / 10
  const count = bad.reduce((sum, run) => sum + run.count, 0)
  const all = since.reduce((sum, run) => sum + run.count, 0)
  const cost = `${count} of ${all} requests lost (${bad[0]!.last})`
  return {
    reason: `${seconds} s from the first bad answer to lasting good ones; ${cost}`,
    value: count,
    unit: "requests lost",
  }
}
