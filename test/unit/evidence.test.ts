// The record of a release and what is said of it, as signed statements: whose count, and what speaks against one. Pure.
import { generateKeyPairSync } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { holders, publicKey, publicKeyText, readPublicKey, type Holder } from "../../ci/src/config/evidence"
import { mayTable, scopeOf } from "../../ci/src/release/admission"
import type { Entry } from "../../ci/src/release/entries"
import {
  Trust,
  claiming,
  evidenceFor,
  opened,
  ownEvidence,
  readSigner,
  signed,
  trustOf,
  type EvidenceKeys,
  type EvidenceInput,
  type Signer,
  type Statement,
} from "../../ci/src/release/evidence"
import { lift } from "../../ci/src/release/promotion"
import { releasedAlready } from "../../ci/src/release/publish"
import {
  NoRecord,
  Records,
  referencesOf,
  verdictEntry,
  type RecordStore,
  type StoredRelease,
} from "../../ci/src/release/record"
import type { Stage } from "../../ci/src/report/stages"
import { version } from "../../ci/src/version"
import { repository } from "../../engine/src/paths"

const release: StoredRelease = {
  tree: "a".repeat(64),
  sha: "6a57497bcae011ae584da337ef8feb7ba971aace",
  commitTime: "2026-01-31T12:00:00Z",
  images: { api: "registry:5000/api@sha256:1" },
  chart: "registry:5000/charts/shop@sha256:2",
  files: "registry:5000/files@sha256:3",
}
const record = { ...release, verdicts: {} }
const stages = (status: Stage["status"] = "passed"): Stage[] => [
  { name: "stage:api", status, reason: "why", seconds: 1, cached: false, exitCode: 0 },
]

/** A registry whose tags are immutable, as far as records need one. */
class Tags implements RecordStore {
  constructor(public texts: Record<string, string> = {}) {}
  read = async (prefix: string) =>
    Object.fromEntries(Object.entries(this.texts).filter(([name]) => name === prefix || name.startsWith(`${prefix}.`)))
  write = async (name: string, text: string) => {
    if (name in this.texts) throw new Error(`the tag ${name} is immutable`)
    this.texts[name] = text
  }
  named(kind: string): string {
    return Object.keys(this.texts).find((name) => name.includes(`.${kind}.`))!
  }
}

const evidence = ownEvidence()
const keyOf = (holder: Holder): Signer => evidence.signers[holders.indexOf(holder)]!
/** The evidence of somebody who has one key, and trusts the same ones as all others. */
const only = (signer: Signer): EvidenceKeys => ({ ...evidence, signers: [signer] })
/** The evidence of somebody who signs with one key as whoever is needed: a thief, or a mistake. */
const pretending = (signer: Signer): EvidenceKeys => ({
  signers: [signer],
  trust: new Trust(Object.fromEntries(holders.map((holder) => [holder, [signer.publicKey]]))),
  builder: "elsewhere",
})
const statement: Statement = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: "registry:5000/api", digest: { sha256: "1" } }],
  predicateType: "urn:delivery:verdict:v1",
  predicate: { passed: true },
}

/** A registry with one release. */
async function published(): Promise<{ tags: Tags; records: Records }> {
  const tags = new Tags()
  const records = new Records(tags, evidence)
  await records.add(release)
  return { tags, records }
}

const now = Date.now() / 1000
const verdict = (step: "pr" | "dev" | "stage" | "prod", status: Stage["status"] = "passed", at = now): Entry =>
  verdictEntry(release, step, stages(status), at)
/** Stores an entry as another evidence signs it. */
const store = (tags: Tags, by: EvidenceKeys, entry: Entry, references = referencesOf(release)): Promise<void> =>
  new Records(tags, by).append(entry, references)

describe("a signed statement", () => {
  const keys = evidence.trust.all
  it("comes back as it was, with the key that signed it", () =>
    expect(opened(signed(statement, keyOf("stage")), keys)).toEqual({ statement, key: keyOf("stage").publicKey.id }))
  it("with any byte altered is refused, or says the same", () => {
    const text = signed(statement, keyOf("stage"))
    const outcomes = { refused: 0, same: 0 }
    for (let at = 0; at < text.length; at++) {
      const altered = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`
      try {
        expect(opened(altered, keys).statement, String(at)).toEqual(statement)
        outcomes.same++
      } catch (error) {
        expect((error as Error).message, String(at)).toMatch(/altered|not listed/)
        outcomes.refused++
      }
    }
    // What may change is the name of the key, which is a hint and not signed.
    expect(outcomes.refused).toBeGreaterThan(text.length - 80)
    expect(outcomes.same).toBeLessThan(80)
  })
  it("by a key that is not listed is not counted, and one whose signature is another's is altered", () => {
    const other = ownEvidence().signers[0]!
    expect(() => opened(signed(statement, other), keys)).toThrow(
      `signed with the key ${other.publicKey.id.slice(0, 12)}, which is not listed`,
    )
    const [good, bad] = [keyOf("stage"), other].map((signer) => JSON.parse(signed(statement, signer)) as Bundle)
    good!.dsseEnvelope.signatures = bad!.dsseEnvelope.signatures
    expect(() => opened(JSON.stringify(good), keys)).toThrow("does not fit its signature: it was altered")
  })
  it.each(["", "nothing", "{}", JSON.stringify({ tree: "a" }), '{"seal": 1}\nseal 00\n'])("%j is none", (text) =>
    expect(() => opened(text, keys)).toThrow(
      "no signed statement: it was not written by this pipeline, or was altered",
    ),
  )
})

interface Bundle {
  dsseEnvelope: { payload: string; signatures: { sig: string }[] }
}

describe("a release that is published again", () => {
  it("has the verdicts of its record, and nothing is written", async () => {
    const { tags, records } = await published()
    await records.judge(await records.read(release.tree), "stage", stages("failed"))
    const before = { ...tags.texts }
    expect((await records.add(release)).verdicts.stage).toMatchObject({ passed: false })
    expect(tags.texts).toEqual(before)
  })
  it("by a merge, which has the same tree, is the release that was tested, with its verdicts", async () => {
    const { records } = await published()
    await records.judge(await records.read(release.tree), "stage", stages("passed"))
    const merge = "0".repeat(40)
    const found = await records.add({ ...release, sha: merge, images: { api: "registry:5000/api@sha256:9" } })
    expect(found).toMatchObject({ sha: release.sha, images: release.images, verdicts: { stage: { passed: true } } })
    for (const name of [release.tree, release.sha, merge])
      expect(await records.read(name)).toMatchObject({ sha: release.sha, verdicts: { stage: { passed: true } } })
    expect(releasedAlready(found).reason).toBe(
      "the tree aaaaaaaaaaaa is released as 6a57497bcae0 already: its images and verdicts stay",
    )
  })
  it("is an error if its record is altered, and nothing is written", async () => {
    const { tags } = await published()
    const name = tags.named("published")
    for (const bad of [
      tags.texts[name]!.replace("ImFwaSI", "ImFwZSI").replace(/"payload":"../, '"payload":"AA'),
      "nothing",
    ]) {
      const altered = new Tags({ [name]: bad })
      await expect(new Records(altered, evidence).add(release)).rejects.toThrow(/was altered/)
      expect(Object.keys(altered.texts)).toEqual([name])
    }
  })
  it("is an error if the registry cannot be read, and nothing is written", async () => {
    const tags = new Tags()
    tags.read = () => Promise.reject(new Error("503 Service Unavailable"))
    await expect(new Records(tags, evidence).add(release)).rejects.toThrow("503 Service Unavailable")
    expect(tags.texts).toEqual({})
  })
  it("by two publishers at once is written twice, and the first one counts", async () => {
    const tags = new Tags()
    const [one, other] = [new Records(tags, evidence), new Records(tags, evidence)]
    await Promise.all([one.add(release), other.add({ ...release, author: "eve" })])
    const names = Object.keys(tags.texts).filter((name) => name.includes(".published."))
    expect(names).toHaveLength(2)
    expect((await one.read(release.tree)).images).toEqual(release.images)
    expect((await one.read(release.tree)).author).toBe((await other.read(release.tree)).author)
  })
})

describe("the record of a release", () => {
  it("that is missing is an error of its own type, with what to do", async () => {
    const records = new Records(new Tags(), evidence, "publish it to r:5000 first")
    await expect(records.read(release.sha)).rejects.toThrow(NoRecord)
    await expect(records.read(release.sha)).rejects.toThrow(
      "there is no release record of 6a57497bcae0: publish it to r:5000 first",
    )
  })
  it.each(["", "6a57497", "master", "../x"])("%j names none", async (name) =>
    expect(new Records(new Tags(), evidence).find(name)).rejects.toThrow("is not allowed; the full hash"),
  )
  it("that was copied to the name of another tree or commit is refused", async () => {
    const { tags, records } = await published()
    const copies = {
      ["b".repeat(64)]: tags.named("published"),
      ["1".repeat(40)]: tags.named("commit"),
    }
    for (const [scope, name] of Object.entries(copies)) {
      const copy = name.replace(/^\w+/, scope)
      tags.texts[copy] = tags.texts[name]!
      await expect(records.read(scope)).rejects.toThrow(
        `releases:${copy} holds what was written for ${name}: somebody has copied it there`,
      )
    }
  })
  it("that another key than the publisher's has signed does not count", async () => {
    const tags = new Tags()
    await new Records(tags, pretending(keyOf("prod"))).add(release)
    await expect(new Records(tags, evidence).read(release.tree)).rejects.toThrow(
      /no release record of aaaaaaaaaaaa: .*; what is stored of it does not count: a published counts with a key of publisher; it is signed with \w{12} of prod/,
    )
    await expect(new Records(tags, evidence).read(release.sha)).rejects.toThrow(
      "a commit counts with a key of publisher",
    )
    const stranger = new Tags()
    await new Records(stranger, ownEvidence()).add(release)
    await expect(new Records(stranger, evidence).read(release.sha)).rejects.toThrow(
      /does not count: signed with the key \w{12}, which is not listed/,
    )
  })
  it("whose statement is about other digests than it names does not count", async () => {
    const tags = new Tags()
    await store(tags, evidence, { kind: "published", tree: release.tree, at: now, release }, [
      "registry:5000/api@sha256:9",
    ])
    expect(await new Records(tags, evidence).find(release.tree)).toBeUndefined()
  })
  it("of the earlier format is none: its text is no signed statement", async () => {
    const { tags, records } = await published()
    tags.texts[release.tree] = '{\n "format": 2\n}\nseal 00\n'
    await expect(records.read(release.tree)).rejects.toThrow("is no signed statement")
  })
})

describe("what is said of a release", () => {
  it("by two steps at once is there twice, and a registry with immutable tags takes it", async () => {
    const { tags, records } = await published()
    const before = await records.read(release.tree)
    await Promise.all([
      records.judge(before, "dev", stages("passed")),
      records.judge(before, "stage", stages("failed")),
    ])
    await new Promise((wait) => setTimeout(wait, 2))
    await records.judge(before, "stage", stages("passed"))
    const { verdicts } = await records.read(release.tree)
    expect([verdicts.dev!.passed, verdicts.stage!.passed]).toEqual([true, true])
    expect((await records.history(before)).map(({ step, passed }) => [step, passed])).toHaveLength(3)
    expect(Object.keys(tags.texts).filter((name) => /^a{64}\.verdict\.\d+-[0-9a-f]{16}$/.test(name))).toHaveLength(3)
  })
  it("is in order of time, whatever the order of its names: an old green one that is told again changes nothing", async () => {
    const { tags, records } = await published()
    await store(tags, evidence, verdict("stage", "failed", 2000))
    await store(tags, evidence, verdict("stage", "passed", 1000))
    expect((await records.read(release.tree)).verdicts.stage!.passed).toBe(false)
    const green = Object.keys(tags.texts).find((name) => name.includes(".verdict.1000000-"))!
    const replayed = `${release.tree}.verdict.9000000-0123456789abcdef`
    tags.texts[replayed] = tags.texts[green]!
    await expect(records.read(release.tree)).rejects.toThrow(`releases:${replayed} holds what was written for ${green}`)
  })
  it("of another tree is refused, and of other digests it does not count", async () => {
    const { tags, records } = await published()
    await store(tags, evidence, verdict("stage"), ["registry:5000/api@sha256:9"])
    expect((await records.read(release.tree)).verdicts).toEqual({})
    const tree = "b".repeat(64)
    await store(tags, evidence, { ...verdict("stage"), tree })
    const name = Object.keys(tags.texts).find((one) => one.startsWith(tree))!
    tags.texts[name.replace(tree, release.tree)] = tags.texts[name]!
    await expect(records.read(release.tree)).rejects.toThrow("somebody has copied it there")
  })
  it("with one byte altered is refused, also where only the policy reads it", async () => {
    const { tags, records } = await published()
    await store(tags, evidence, verdict("stage", "failed"))
    const name = tags.named("verdict")
    const bundle = JSON.parse(tags.texts[name]!) as Bundle
    const payload = Buffer.from(bundle.dsseEnvelope.payload, "base64")
      .toString()
      .replace('"passed":false', '"passed":true ')
    bundle.dsseEnvelope.payload = Buffer.from(payload).toString("base64")
    tags.texts[name] = JSON.stringify(bundle)
    const fault = `releases:${name}: the statement does not fit its signature: it was altered`
    await expect(records.read(release.tree)).rejects.toThrow(fault)
    const environment = { promote: prod.promote }
    await expect(mayTable({ name: "prod", environment }, record, records)).rejects.toThrow(fault)
  })
  it("of its source, before there were images, counts for the checks alone", async () => {
    const tags = new Tags()
    await store(tags, evidence, verdict("pr"), [])
    await store(tags, evidence, verdict("stage"), [])
    const records = new Records(tags, evidence)
    await records.add(release)
    expect(Object.keys((await records.read(release.tree)).verdicts)).toEqual(["pr"])
  })
  it("names what it judged, where and when, and which pipeline said so", async () => {
    const { tags, records } = await published()
    await records.judge({ ...record, branch: "release/1" }, "stage", stages("failed"), { deployment: "d", began: 1000 })
    const { payload } = (JSON.parse(tags.texts[tags.named("verdict")]!) as Bundle).dsseEnvelope
    expect(JSON.parse(Buffer.from(payload, "base64").toString())).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      predicateType: "urn:delivery:verdict:v1",
      subject: [
        { name: "registry:5000/api", digest: { sha256: "1" } },
        { name: "registry:5000/charts/shop", digest: { sha256: "2" } },
        { name: "registry:5000/files", digest: { sha256: "3" } },
      ],
      predicate: {
        ...{
          kind: "verdict",
          step: "stage",
          tree: release.tree,
          commit: release.sha,
          branch: "release/1",
          passed: false,
        },
        ...{ deployment: "d", startedOn: "1970-01-01T00:16:40.000Z", builder: "laptop", pipeline: version },
        stages: [{ name: "stage:api", status: "failed", reason: "why" }],
      },
    })
    expect(payload.length).toBeGreaterThan(100)
  })
  it("at one moment is red if one of two is", async () => {
    const { tags, records } = await published()
    for (const status of ["failed", "passed", "failed", "passed"] as const)
      await store(tags, evidence, verdict("stage", status))
    expect((await records.read(release.tree)).verdicts.stage!.passed).toBe(false)
  })
  it("is told of an environment too, and needs a name that a tag can have", async () => {
    const records = new Records(new Tags(), evidence)
    await records.append({ ...held, at: 5 })
    expect(await records.entries("environment-prod")).toMatchObject([{ kind: "hold", reason: "an incident" }])
    await expect(records.append({ ...held, tree: "a.b", at: 5 })).rejects.toThrow("no name can be made")
  })
})

const prod = parseConfig(
  `services:\n  a: { path: a, kind: go }\nenvironments:
  stage: { appMode: qa, appUrl: "https://a.example", namespace: stage, values: v.yaml }
  prod: { extends: stage, namespace: prod, promote: { requires: [stage] } }
`,
).environments.prod!
const held = { kind: "hold", tree: scopeOf("prod"), environment: "prod", by: "bob", reason: "an incident" }

describe("whose signature counts", () => {
  const may = (tags: Tags) => mayTable({ name: "prod", environment: prod }, record, new Records(tags, evidence))
  it("stage's verdict counts with stage's key, and the policy says whose another one is", async () => {
    const { tags, records } = await published()
    await store(tags, pretending(keyOf("prod")), verdict("stage"))
    expect((await records.read(release.tree)).verdicts).toEqual({})
    expect(await may(tags)).toMatch(
      /✘ requires stage .* no stage verdict: .*; not counted: verdict a verdict of stage counts with a key of stage; it is signed with \w{12} of prod/,
    )
    await store(tags, only(keyOf("stage")), verdict("stage"))
    expect(await may(tags)).toContain("prod: allowed now")
  })
  it("a key that claims to be another one's signs with its own name", async () => {
    const { tags, records } = await published()
    await store(tags, claiming(evidence, "prod"), verdict("stage"))
    expect((await records.found(release.tree)).map(({ signedBy }) => signedBy)).toContainEqual(["prod"])
  })
  it("a red verdict by another key does not count either", async () => {
    const { tags, records } = await published()
    await store(tags, only(keyOf("stage")), verdict("stage"))
    await store(tags, pretending(keyOf("dev")), verdict("stage", "failed", now + 1))
    expect((await records.read(release.tree)).verdicts.stage!.passed).toBe(true)
  })
  it.each(holders.filter((holder) => holder !== "publisher"))("the checks are not signed by %s", async (holder) => {
    const { tags, records } = await published()
    await store(tags, pretending(keyOf(holder)), verdict("pr"), [])
    expect((await records.read(release.tree)).verdicts).toEqual({})
  })
  it("an approval for production needs production's key, and so do its holds and their end", async () => {
    const { tags, records } = await published()
    await store(tags, only(keyOf("stage")), verdict("stage"))
    await records.append({ ...held, at: now })
    const [hold] = await records.entries(scopeOf("prod"))
    const release_ = { kind: "release", at: now, by: "eve", reason: "", holds: [hold!.id] }
    await store(tags, pretending(keyOf("dev")), { ...release_, tree: scopeOf("prod"), environment: "prod" }, [])
    await store(tags, pretending(keyOf("dev")), { ...release_, tree: scopeOf("prod"), environment: "dev" }, []).catch(
      (error: unknown) => expect(String(error)).toContain("nobody's signature is right"),
    )
    expect(await may(tags)).toContain("held by bob")
    expect(await lift(new Records(tags, only(keyOf("prod"))), { environment: "prod", by: "ann", reason: "" })).toBe(
      "lifted: bob: an incident\n",
    )
    expect(await may(tags)).toContain("prod: allowed now")
    const approval = { kind: "approval", tree: release.tree, at: now, environment: "prod", by: "eve" }
    await store(tags, pretending(keyOf("stage")), approval)
    const environment = { promote: { ...prod.promote, approvals: { count: 1, notAuthor: false, ttl: "24h" } } }
    expect(await mayTable({ name: "prod", environment }, record, records)).toContain("0 of 1 approvals")
  })
  it("nothing is written without the right key", async () => {
    const tags = new Tags()
    const stage = only(keyOf("stage"))
    await expect(store(tags, stage, verdict("prod"))).rejects.toThrow(
      /record-key: \w{12} is not a key of prod: it is the key of stage in evidence.keys of delivery.yaml/,
    )
    await expect(store(tags, { ...evidence, signers: [] }, verdict("prod"))).rejects.toThrow("record-key: missing")
    await expect(store(tags, evidence, { kind: "rumour", tree: release.tree, at: 1 })).rejects.toThrow(
      "nobody's signature is right for the kind rumour",
    )
    expect(tags.texts).toEqual({})
  })
  it("after a change of keys, what the old one signed counts as long as it is listed", async () => {
    const { tags } = await published()
    await store(tags, only(keyOf("stage")), verdict("stage"))
    const next = ownEvidence().signers[0]!
    const listed = (...keys: Signer[]) => ({
      publisher: [publicKeyText(keyOf("publisher").publicKey)],
      stage: keys.map(({ publicKey: key }) => publicKeyText(key)),
    })
    const with_ = (...keys: Signer[]): EvidenceKeys => ({
      ...evidence,
      signers: [next],
      trust: trustOf({ keys: listed(...keys) }),
    })
    const greens = async (by: EvidenceKeys) => (await new Records(tags, by).read(release.tree)).verdicts.stage
    expect(await greens(with_(next))).toBeUndefined()
    expect(await greens(with_(next, keyOf("stage")))).toMatchObject({ passed: true })
    await new Records(tags, with_(next, keyOf("stage"))).judge(record, "stage", stages())
    expect((await new Records(tags, with_(next, keyOf("stage"))).history(record)).length).toBe(2)
    expect(await greens(with_(next))).toMatchObject({ passed: true })
  })
})

describe("the keys of a call", () => {
  const pem = (type: "pkcs8" | "sec1", signer = keyOf("stage")): string =>
    signer.key.export({ type, format: "pem" }) as string
  const listed = {
    keys: { stage: [publicKeyText(keyOf("stage").publicKey)], prod: [publicKeyText(keyOf("prod").publicKey)] },
  }
  const input = (more: Partial<EvidenceInput> = {}): EvidenceInput => ({
    ...{ settings: listed, key: pem("pkcs8"), ephemeral: false },
    ...more,
  })
  it("is PEM in either form, on one line, or in base64", () => {
    const { id } = keyOf("stage").publicKey
    for (const text of [
      ...[pem("pkcs8"), pem("sec1"), pem("pkcs8").replaceAll("\n", "\\n"), `\n${pem("pkcs8")}\n`],
      Buffer.from(pem("sec1")).toString("base64"),
    ])
      expect(readSigner(text).publicKey.id).toBe(id)
  })
  it.each([
    ["a key", "not a private key that signs"],
    ["", "not a private key that signs"],
    [generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string, "not a private key"],
    ["-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nsecret\n-----END", "the key has a passphrase"],
  ])("is none: %#", (text, message) => {
    expect(() => readSigner(text)).toThrow(message)
    if (text) expect(() => readSigner(text)).not.toThrow(text)
  })
  it("has to be that of who writes, before anything is done", () => {
    expect(evidenceFor(input(), "stage").signers).toHaveLength(1)
    expect(() => evidenceFor(input(), "prod")).toThrow(
      `is not a key of prod: it is the key of stage in evidence.keys of delivery.yaml; give the key of prod, or list it: ` +
        `evidence: { keys: { prod: [${listed.keys.stage[0]}] } }`,
    )
    const stranger = pem("pkcs8", keyOf("dev"))
    expect(() => evidenceFor(input({ key: stranger }), "stage")).toThrow("nobody's key is that one")
    expect(() => evidenceFor(input({ key: undefined }), "stage")).toThrow(
      "record-key: missing; the private key of stage",
    )
  })
  it("is not needed to read where the public ones are listed", () => {
    expect(evidenceFor(input({ key: undefined })).signers).toEqual([])
    expect(() => evidenceFor(input({ key: undefined, settings: { keys: {} }, ephemeral: true }))).toThrow(
      "record-key: missing",
    )
  })
  it("stands for all in a registry of the caller's own where nobody is listed, and nowhere else", () => {
    const { trust, builder } = evidenceFor(
      input({ settings: { keys: {} }, ephemeral: true, builder: "https://ci/7" }),
      "prod",
    )
    expect(trust.holdersOf(keyOf("stage").publicKey.id)).toEqual(holders)
    expect(builder).toBe("https://ci/7")
    expect(() => evidenceFor(input({ settings: { keys: { stage: [] } } }), "prod")).toThrow(
      /evidence\.keys: missing in delivery\.yaml; .*evidence: \{ keys: \{ prod: \[M/,
    )
    expect(() => evidenceFor(input({ settings: { keys: {} }, key: undefined }))).toThrow(
      "it lists whose signatures count",
    )
  })
  it("never appears: not in what is stored, and not in an error", async () => {
    const tags = new Tags()
    const records = new Records(tags, evidenceFor(input({ settings: { keys: {} }, ephemeral: true }), "stage"))
    await records.add(release)
    await records.judge(record, "stage", stages())
    const secret = keyOf("stage").key.export({ type: "sec1", format: "der" }).subarray(7, 39)
    const stored = Object.values(tags.texts).join("")
    const payloads = Object.values(tags.texts).map((text) => (JSON.parse(text) as Bundle).dsseEnvelope.payload)
    const all = stored + payloads.map((payload) => Buffer.from(payload, "base64").toString("latin1")).join("")
    for (const form of ["hex", "base64", "latin1"] as const) expect(all).not.toContain(secret.toString(form))
    expect(secret.toString("hex")).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe("evidence.keys of delivery.yaml", () => {
  const settings = (keys: string) => parseConfig(`services:\n  a: { path: a, kind: go }\nevidence:\n  keys:\n${keys}`)
  const key = keyOf("stage").publicKey
  const block = (key.key.export({ type: "spki", format: "pem" }) as string).replace(/^/gm, "        ")
  it("are PEM, or the base64 in it", () => {
    const { evidence: found } = settings(`    stage: [${publicKeyText(key)}]\n    prod:\n      - |\n${block}\n`)
    expect(trustOf(found).holdersOf(key.id)).toEqual(["stage", "prod"])
    expect(parseConfig("services:\n  a: { path: a, kind: go }\n").evidence).toEqual({ keys: {} })
  })
  it("are public, on P-256, and of known holders", () => {
    const rsa = publicKeyText({ id: "", key: generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey })
    const secret = keyOf("stage").key.export({ type: "pkcs8", format: "pem" }) as string
    const faults = (keys: string): string => {
      try {
        settings(keys)
        return ""
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(faults("    stage: [abc]\n")).toMatch(
      /evidence\.keys\.stage\.0, line 5: no public key; allowed: an ECDSA key on P-256/,
    )
    expect(faults(`    stage: [${rsa}]\n`)).toContain("a key of another kind (rsa)")
    const leaked = faults(`    stage:\n      - |\n${secret.replace(/^/gm, "        ")}\n`)
    expect(leaked).toContain("a private key: take it out of the file")
    expect(leaked).not.toContain(secret.split("\n")[1])
    expect(faults("    qa: []\n")).toContain("the key qa is not known")
    expect(() => readPublicKey("")).toThrow("no public key")
    expect(() => publicKey(generateKeyPairSync("ed25519").publicKey)).toThrow("another kind")
  })
})

it("the pipeline's version is that of package.json", () =>
  expect(version).toBe(
    (JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string }).version,
  ))
