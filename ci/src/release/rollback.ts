// Goes back to the last release that is known to be good in an environment.
import { errorText, live, step, type Part } from "../report/parts"
import { unique } from "../report/unique"
import { health, type Place } from "./environment"
import type { Records } from "./record"
import { helmOn } from "./targets"
import { isKnownGood, lastGood, nothingGood, type Revision, type Target } from "./way-back"

/**
 * Returns the newest revision in an environment that is known to be good; undefined if there is none. Throws if the
 * cluster does not answer within `wait` seconds.
 */
export async function findTarget(place: Place, records: Records, wait: number): Promise<Target | undefined> {
  const { namespace } = place.environment
  const history = JSON.parse(await helmOn(place.cluster).history(namespace, namespace, { wait })) as Revision[]
  return lastGood(history, async ({ release, id }) => {
    // A record that is gone, or has another key, is no evidence.
    const record = await records.find(release).catch((error: unknown) => {
      console.log(`? the release record of ${release.slice(0, 12)} cannot be read: ${String(error)}`)
      return undefined
    })
    return record !== undefined && isKnownGood(record, place.name, id)
  })
}

/**
 * Goes back to a revision that is known to be good, and checks that its release answers. Logs and events of the bad one are
 * saved first, and are in the reports. With `from`, only if that is still the last revision.
 */
export async function rollbackTo(
  place: Place,
  target: Target,
  { name, after, from = 0 }: { name: string; after: string; from?: number },
): Promise<Part[]> {
  const short = target.release.slice(0, 12)
  if (target.runs) {
    const reason = `the release ${short} already runs (revision ${target.revision}), and is the last one known to be good`
    return [await step(name, () => Promise.resolve({ reason })), await health(place, target.release, after)]
  }
  const { namespace } = place.environment
  const part = await live(name, () =>
    helmOn(place.cluster)
      .rollback(namespace, namespace, {
        revision: target.revision,
        holder: place.holder,
        timeout: 300,
        wait: 60,
        name,
        nonce: unique(),
        from,
      })
      .reports(),
  )
  const [stage] = part.stages
  if (stage!.status === "passed") stage!.reason = `the release ${short} is back: ${stage!.reason}`
  return [part, await health(place, target.release, after)]
}

/** Goes back to the last release that is known to be good; a red row if there is none. */
export async function rollbackByEvidence(
  place: Place,
  records: Records,
  names: { name: string; after: string; from?: number },
): Promise<{ parts: Part[]; target?: Target }> {
  let reason = new Error(nothingGood(place.name))
  try {
    const target = await findTarget(place, records, 60)
    if (target) return { parts: await rollbackTo(place, target, names), target }
  } catch (error) {
    reason = new Error(errorText(error))
  }
  return { parts: [await step(names.name, () => Promise.reject(reason))] }
}
