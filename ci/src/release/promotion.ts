// What people say of a promotion: whether it may happen, an approval, a hold, and the end of holds.
import type { Directory } from "@dagger.io/dagger"
import { openSource } from "../config/source"
import type { EnvironmentName } from "../config/config"
import {
  checkPromotion,
  holdsIn,
  mayTable,
  noPromotion,
  scopeOf,
  storeHold,
  type PromotionTarget,
  type Promotion,
} from "./admission"
import { environmentOf, openRecords, type DeliverOptions } from "./deliver"
import { identify, referencesOf, type Records, type ReleaseRecord } from "./record"
import { registryOf, type TargetOptions } from "./targets"

type Options = TargetOptions & Pick<DeliverOptions, "recordKey" | "slackJob">

/** A release and where it wants to go. */
interface Wanted extends PromotionTarget {
  record: ReleaseRecord
  records: Records
}

/** Opens the records of the registry that the caller gives or delivery.yaml names; what is written is of the environment. */
async function open(checkout: Directory, name: string, options: Options & { isWritten: boolean }) {
  const opened = await openSource(checkout)
  const environment = environmentOf(opened.config, name)
  const registry = registryOf(opened.config, options)
  if (!registry) throw new Error("registry: missing; the records are stored there (`with-registry --service …`)")
  const writer = name as EnvironmentName
  const records = await openRecords(opened.config, registry, options, options.isWritten ? writer : undefined)
  return { ...opened, name: writer, environment, records }
}

async function wantedOf(
  checkout: Directory,
  name: string,
  release: string,
  options: Options & { isWritten: boolean },
): Promise<Wanted> {
  const { source, config, ...rest } = await open(checkout, name, options)
  const record = await rest.records.read(release || (await identify(checkout, source, config)).tree)
  return { ...rest, record }
}

/** Returns every rule's answer for a release in an environment, and when it would be allowed. */
export async function may(
  checkout: Directory,
  { environment, release, ...promotion }: Promotion & { environment: string; release: string },
  options: Options,
): Promise<string> {
  checkPromotion(promotion)
  const read = { ...options, isWritten: false }
  const { record, records, ...destination } = await wantedOf(checkout, environment, release, read)
  return mayTable({ ...destination, promotion }, record, records)
}

/** Stores a person's approval of a release in an environment; returns every rule's answer with it. */
export async function approve(
  checkout: Directory,
  { environment, release, by }: { environment: string; release: string; by: string },
  options: Options,
): Promise<string> {
  const person = personOf(by)
  const written = { ...options, isWritten: true }
  const { record, records, ...destination } = await wantedOf(checkout, environment, release, written)
  const approval = { kind: "approval", tree: record.tree, at: Date.now() / 1000, environment, by: person }
  await records.append(approval, referencesOf(record))
  return mayTable({ ...destination, promotion: noPromotion }, record, records)
}

/** Stores that nothing may be deployed to an environment; returns what was stored. */
export async function hold(
  checkout: Directory,
  { environment, by, reason }: { environment: string; by: string; reason: string },
  options: Options,
): Promise<string> {
  const person = personOf(by)
  if (!reason.trim()) throw new Error("reason: missing; it is shown to anyone whose deployment is refused")
  const { name, records } = await open(checkout, environment, { ...options, isWritten: true })
  await storeHold(records, name, { by: person, reason })
  return `${environment} is held by ${person}: ${reason}\n`
}

/** Lifts all holds of an environment; returns which. */
export async function releaseHold(
  checkout: Directory,
  { environment, by, reason }: { environment: string; by: string; reason: string },
  options: Options,
): Promise<string> {
  const person = personOf(by)
  const { records } = await open(checkout, environment, { ...options, isWritten: true })
  return lift(records, { environment, by: person, reason })
}

/** Stores that all holds of an environment which stand now are lifted; a later one stays. */
export async function lift(
  records: Pick<Records, "entries" | "append">,
  { environment, by, reason }: { environment: string; by: string; reason: string },
): Promise<string> {
  const standing = holdsIn(await records.entries(scopeOf(environment))).filter(({ released }) => !released)
  if (!standing.length) return `${environment} is not held\n`
  await records.append({
    kind: "release",
    tree: scopeOf(environment),
    environment,
    at: Date.now() / 1000,
    by,
    reason,
    holds: standing.map(({ id }) => id),
  })
  return standing.map((one) => `lifted: ${one.by}: ${one.reason}\n`).join("")
}

/** Returns the name of a person; throws if there is none. */
export function personOf(by: string): string {
  const person = by.trim()
  if (!/^[^\s\u0000-\u001f][^\u0000-\u001f]{0,99}$/.test(person))
    throw new Error("by: missing or longer than 100 characters; the name or email address of a person")
  return person
}
