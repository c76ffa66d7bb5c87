// The release record: what a commit became, by digest, and what each step of the chain said of it. It is the ticket from one step to the next.
import { createHmac, timingSafeEqual } from "node:crypto"
import type { EnvironmentName } from "../config/config"
import { isRed, type Stage } from "../report/stages"

/** What one step said, kept in the record. */
export interface Verdict {
  passed: boolean
  /** When it was said, RFC 3339. */
  at: string
  stages: Pick<Stage, "name" | "status" | "reason" | "value" | "limit" | "unit" | "atMost">[]
}

export interface ReleaseRecord {
  format: 1
  /** Of the delivered files, as git knows them: a merge that changed nothing in them has the same. */
  tree: string
  /** The commit that was built. Images' tags, and what the product says at /version. */
  sha: string
  commitTime: string
  /** References by digest. */
  images: Record<string, string>
  chart: string
  /** delivery.yaml and the suites of this commit. */
  files: string
  verdicts: Partial<Record<"pr" | EnvironmentName, Verdict>>
}

/** The record's text with its seal: an HMAC-SHA-256 (RFC 2104) of the text's other lines, so that nobody without the key can change a byte unnoticed. */
export function sealed(record: ReleaseRecord, key: string): string {
  const text = `${JSON.stringify(record, null, 1)}\n`
  return `${text}seal ${sealOf(text, key)}\n`
}

/** Reads a sealed record; an error when it was altered, or sealed with another key. */
export function openSealed(sealedText: string, key: string): ReleaseRecord {
  const match = /^([\s\S]*\n)seal ([0-9a-f]{64})\n$/.exec(sealedText)
  if (!match) throw new Error("the release record has no seal: it was not written by this pipeline, or was altered")
  const [, text, seal] = match
  if (!timingSafeEqual(Buffer.from(seal!, "hex"), Buffer.from(sealOf(text!, key), "hex")))
    throw new Error("the release record does not fit its seal: it was altered, or sealed with another record key")
  const record = JSON.parse(text!) as ReleaseRecord
  if (record.format !== 1)
    throw new Error(`the release record has format ${String(record.format)}; this pipeline knows 1`)
  return record
}

function sealOf(text: string, key: string): string {
  return createHmac("sha256", key).update(text).digest("hex")
}

/** What a step wants of the step before it. */
export const needs: Partial<Record<EnvironmentName, EnvironmentName>> = { prod: "stage" }

/** Why a record may not be deployed to an environment; nothing when it may. */
export function refusal(record: ReleaseRecord, to: EnvironmentName): string | undefined {
  const before = needs[to]
  if (!before) return undefined
  const verdict = record.verdicts[before]
  const short = record.sha.slice(0, 12)
  if (!verdict) return `${short} has no ${before} verdict: it was never tested there; run ${before} first`
  if (verdict.passed) return undefined
  const culprit = verdict.stages.find(isRed)
  return `${short} has a red ${before} verdict of ${verdict.at}${culprit ? `: ${culprit.name}: ${culprit.reason}` : ""}`
}

/** The record with a step's verdict. A later verdict of the same step replaces an earlier one. */
export function withVerdict(
  record: ReleaseRecord,
  step: "pr" | EnvironmentName,
  stages: Stage[],
  passed: boolean,
  at: Date,
): ReleaseRecord {
  const kept = stages.map(({ name, status, reason, value, limit, unit, atMost }) => ({
    name,
    status,
    reason,
    value,
    limit,
    unit,
    atMost,
  }))
  return { ...record, verdicts: { ...record.verdicts, [step]: { passed, at: at.toISOString(), stages: kept } } }
}
