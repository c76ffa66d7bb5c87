// `dagger call evidence`: the table, the verdict, and a folder for stock cosign.
import { describe, expect, it } from "vitest"
import { scopeOf } from "../../ci/src/release/admission"
import { evidenceOn } from "../../ci/src/release/evidence-commands"
import { opened, ownEvidence } from "../../ci/src/release/evidence"
import {
  evidenceJson,
  evidenceTable,
  exported,
  faultsOf,
  verdictOnEvidence,
} from "../../ci/src/release/evidence-report"
import { Records, referencesOf, verdictEntry, type RecordStore, type StoredRelease } from "../../ci/src/release/record"
import type { Stage } from "../../ci/src/report/stages"

const release: StoredRelease = {
  tree: "a".repeat(64),
  sha: "6a57497bcae011ae584da337ef8feb7ba971aace",
  commitTime: "2026-01-31T12:00:00Z",
  images: { api: `registry:5000/api@sha256:${"1".repeat(64)}` },
  chart: `registry:5000/charts/shop@sha256:${"2".repeat(64)}`,
  files: `registry:5000/files@sha256:${"3".repeat(64)}`,
}
const stages = (status: Stage["status"]): Stage[] => [
  { name: "stage:api", status, reason: "why", seconds: 1, cached: false, exitCode: 0 },
]
const evidence = ownEvidence()

/** A registry with a release that was checked, tested, approved, deployed against the rules, rolled back and held. */
async function delivered(): Promise<{ texts: Record<string, string>; records: Records }> {
  const texts: Record<string, string> = {}
  const store: RecordStore = {
    read: async (prefix) =>
      Object.fromEntries(Object.entries(texts).filter(([name]) => name === prefix || name.startsWith(`${prefix}.`))),
    write: async (name, text) => void (texts[name] = text),
  }
  const records = new Records(store, { ...evidence, builder: "https://ci/7" })
  await records.append(verdictEntry(release, "pr", stages("passed"), 1000))
  await records.add(release)
  await records.append(verdictEntry(release, "stage", stages("failed"), 3000), referencesOf(release))
  const said = { at: 4000, environment: "prod", by: "ann" }
  await records.append({ ...said, kind: "approval", tree: release.tree }, referencesOf(release))
  const overridden = { ...said, at: 5000, kind: "override", tree: scopeOf("prod"), commit: release.sha }
  await records.append({ ...overridden, release: release.tree, reason: "the till is down" }, referencesOf(release))
  await records.append({ ...said, at: 6000, kind: "hold", tree: scopeOf("prod"), commit: release.sha, reason: "bad" })
  await records.append({ ...said, at: 7000, kind: "hold", tree: scopeOf("prod"), commit: "0", reason: "another one's" })
  return { texts, records }
}

describe("the evidence of a release", () => {
  it("is all that was said of it, oldest first, with whose key, by tree and by commit", async () => {
    const { records } = await delivered()
    const found = await evidenceOn(records, release.sha, ["stage", "prod"])
    const lines = evidenceTable(found).trim().split("\n")
    expect(lines.map((line) => line.replace(/\s{2,}/g, " | ").replace(/\([0-9a-f]{12}\)/, "(key)"))).toEqual([
      "✔ | 1970-01-01T00:16:40Z | pr green (1 stages) at 6a57497bcae0 | publisher (key) | https://ci/7",
      "✔ | 1970-01-01T00:50:00Z | stage red (1 stages) at 6a57497bcae0 | stage (key) | https://ci/7",
      "✔ | 1970-01-01T01:06:40Z | approval for prod by ann | prod (key) | https://ci/7",
      "✔ | 1970-01-01T01:23:20Z | override for prod by ann: the till is down | prod (key) | https://ci/7",
      "✔ | 1970-01-01T01:40:00Z | hold for prod by ann: bad | prod (key) | https://ci/7",
      expect.stringMatching(/^✔ \| 20.* \| published from 6a57497bcae0 \| publisher \(key\) \| https:\/\/ci\/7$/),
      expect.stringMatching(/^✔ \| 20.* \| commit 6a57497bcae0 is the tree aaaaaaaaaaaa \| publisher \(key\)/),
    ])
    expect(await evidenceOn(records, release.tree, ["stage", "prod"])).toEqual(found)
    expect(verdictOnEvidence(found.length, faultsOf(found))).toBe(
      "7 statements verified: signature, signer, subject and name\n",
    )
    const json = JSON.parse(evidenceJson(found, records.trust)) as { signedBy: string[]; statement: object }[]
    expect(json[1]).toMatchObject({ signedBy: ["stage"], statement: { predicate: { step: "stage", passed: false } } })
  })
  it("shows what does not count, and is not verified then", async () => {
    const { texts, records } = await delivered()
    const stranger = ownEvidence()
    const foreign = new Records(
      { read: async () => ({}), write: async (name, text) => void (texts[name] = text) },
      stranger,
    )
    await foreign.append(verdictEntry(release, "stage", stages("passed"), 9000), referencesOf(release))
    texts[`${release.tree}.verdict.1-x`] = "nothing"
    const found = await evidenceOn(records, release.tree, [])
    const table = evidenceTable(found)
    expect(table).toMatch(/✘ {2}\? +a{64}\.verdict\.9000000-\w+ +\? +\?/)
    expect(table).toMatch(/verdict\.9000000-\w+: signed with the key \w{12}, which is not listed/)
    expect(() => verdictOnEvidence(found.length, faultsOf(found))).toThrow(
      /^2 of 7 statements do not count:\n[\s\S]*\nreleases:a{64}\.verdict\.1-x: .* is no signed statement/,
    )
    expect(Object.keys(exported(found, records.trust)).filter((file) => /^\d/.test(file))).toHaveLength(5)
  })
  it("that is not there is an error", async () => {
    const { records } = await delivered()
    expect(() => verdictOnEvidence(0, [])).toThrow("there is no statement about this release")
    await expect(evidenceOn(records, "1".repeat(40), [])).rejects.toThrow("there is no release record of 111111111111")
  })
  it("is a folder with each statement, the keys, and a call of cosign for each", async () => {
    const { records } = await delivered()
    const files = exported(await evidenceOn(records, release.tree, ["prod"]), records.trust)
    const bundles = Object.keys(files).filter((file) => file.endsWith(".sigstore.json"))
    expect(bundles).toEqual([
      "01-verdict-pr.sigstore.json",
      "02-verdict-stage.sigstore.json",
      "03-approval-prod.sigstore.json",
      "04-override-prod.sigstore.json",
      "05-hold-prod.sigstore.json",
      "06-published.sigstore.json",
      "07-commit.sigstore.json",
    ])
    const keys = Object.keys(files).filter((file) => file.startsWith("keys/"))
    expect(keys.map((file) => file.replace(/[0-9a-f]{12}/, "…"))).toEqual([
      ...["keys/publisher-….pub", "keys/stage-….pub", "keys/prod-….pub"],
    ])
    for (const file of bundles) expect(() => opened(files[file]!, records.trust.all)).not.toThrow()
    expect(files["verify.sh"]).toContain(
      `cosign verify-blob-attestation --bundle 02-verdict-stage.sigstore.json --key ${keys[1]} --type urn:delivery:verdict:v1 \\\n` +
        `  --digest ${"1".repeat(64)} --digestAlg sha256 --insecure-ignore-tlog=true\n`,
    )
    expect(files["keys/" + keys[1]!.slice(5)]).toMatch(/^-----BEGIN PUBLIC KEY-----\n/)
    expect(JSON.stringify(files)).not.toContain("PRIVATE")
  })
})
