// Who may go where, and when: the rules of `promote` asked about one release. Pure: `may` prints the answers, and a deployment
// refuses with the same words.
import { secondsOf, type Promote, type RequiredStep } from "../config/promote"
import type { EnvironmentName } from "../config/config"
import { atText, endOf, freezeAt, nextOpen, zoneOf } from "./clock"

/** How far the clock of a writer may be ahead of this one, in seconds. */
const tolerance = 300

/** What the policy reads of a step's verdict. Times are seconds since 1970. */
export interface VerdictFact {
  step: RequiredStep
  tree: string
  commit: string
  passed: boolean
  at: number
  /** The first red stage and its reason. */
  culprit?: string
}

/** A person's yes to a release in an environment. */
export interface ApprovalFact {
  environment: EnvironmentName
  /** What was approved: `subjectOf` the release. */
  subject: string
  at: number
  by: string
}

/** A stop of an environment. */
export interface HoldFact {
  id: string
  environment: EnvironmentName
  at: number
  by: string
  reason: string
  /** Of a hold that a rollback has set: the commit's time of the release that was bad. Newer releases may pass. */
  badCommitTime?: number
  /** Whether a person has lifted it. */
  released?: boolean
}

/** Somebody who lets a release pass in spite of the rules. */
export interface OverrideFact {
  environment: EnvironmentName
  subject: string
  at: number
  by: string
  reason: string
}

/** A statement that does not count, such as a verdict that another key than the environment's has signed. */
export interface UncountedFact {
  /** The step whose verdict it would be, where that is known. */
  step?: RequiredStep
  reason: string
}

/** The release that wants to go somewhere. */
export interface ReleaseFact {
  tree: string
  commit: string
  /** Seconds since 1970. */
  commitTime: number
  /** The author of the commit, where that is known. */
  author?: string
  /** Names all digests of the release: an approval of other digests is none. */
  subject: string
}

/** What the policy is asked. */
export interface Question {
  environment: EnvironmentName
  policy: Promote
  release: ReleaseFact
  verdicts: VerdictFact[]
  approvals?: ApprovalFact[]
  holds?: HoldFact[]
  override?: OverrideFact
  uncounted?: UncountedFact[]
  ticket?: string
  /** Seconds since 1970. */
  now: number
}

/** What one rule says. */
export interface Answer {
  rule: string
  allowed: boolean
  reason: string
  /** From when on this rule allows it if nobody does anything; undefined if somebody has to. */
  from?: number
}

/** What all rules say. */
export interface Decision {
  environment: EnvironmentName
  commit: string
  answers: Answer[]
  /** Whether the release may go there now: by the rules, or by an override. */
  allowed: boolean
  /** The earliest moment that all rules allow; undefined if somebody has to do something first. */
  earliest?: number
  override?: OverrideFact
}

/** Asks every rule about a release. */
export function decide(question: Question): Decision {
  const { environment, release, override } = question
  const answers = answersAt(question, question.now)
  const isAllowed = answers.every(({ allowed }) => allowed)
  const isOverridden = !isAllowed && override?.environment === environment && override.subject === release.subject
  return {
    environment,
    commit: release.commit,
    answers,
    allowed: isAllowed || isOverridden,
    earliest: earliestOf(question),
    ...(isOverridden ? { override } : {}),
  }
}

/** Goes from one rule's first moment to the next one's, until there is one that all of them allow. */
function earliestOf(question: Question): number | undefined {
  let at = question.now
  // Each turn leaves a window, a freeze or a wait behind: this is more than a file can hold.
  for (let turn = 0; turn < 1000; turn++) {
    const refused = answersAt(question, at).filter(({ allowed }) => !allowed)
    if (!refused.length) return at
    if (refused.some(({ from }) => from === undefined || from <= at)) return undefined
    at = Math.max(...refused.map(({ from }) => from!))
  }
  return undefined
}

function answersAt(question: Question, now: number): Answer[] {
  const asked = { ...question, now }
  return [
    ...question.policy.requires.map((step) => requirement(asked, step)),
    ...age(asked),
    ...soak(asked),
    ...windows(asked),
    ...freezes(asked),
    ...approvals(asked),
    ...ticket(asked),
    hold(asked),
  ]
}

/** The verdicts of a step for this very tree that count, the newest first; of two at one time the red one. */
function verdictsOf({ verdicts, release, now }: Question, step: RequiredStep): VerdictFact[] {
  return (
    verdicts
      .filter((one) => one.step === step && one.tree === release.tree)
      // A green one from the future may be older than a red one; a red one is believed whatever its clock says.
      .filter(({ passed, at }) => !passed || at <= now + tolerance)
      .sort((a, b) => b.at - a.at || Number(a.passed) - Number(b.passed))
  )
}

function requirement(question: Question, step: RequiredStep): Answer {
  const { release, verdicts, now } = question
  const rule = `requires ${step}`
  const short = release.commit.slice(0, 12)
  const [newest] = verdictsOf(question, step)
  if (newest?.passed) return { rule, allowed: true, reason: `green verdict of ${iso(newest.at)}` }
  if (newest) {
    const culprit = newest.culprit ? `: ${newest.culprit}` : ""
    return {
      rule,
      allowed: false,
      reason: `${short} has a red ${step} verdict of ${iso(newest.at)}${culprit}; correct it and run ${step} again`,
    }
  }
  const ahead = verdicts.filter((one) => one.step === step && one.tree === release.tree).sort((a, b) => a.at - b.at)[0]
  if (ahead) {
    const when = `${iso(ahead.at)}, ${spanText(ahead.at - now)} from now`
    return {
      rule,
      allowed: false,
      reason: `${short} has a green ${step} verdict of ${when}: a clock is wrong; run ${step} again`,
      from: ahead.at - tolerance,
    }
  }
  const isOther = verdicts.some((one) => one.step === step && one.commit === release.commit)
  const reason = isOther
    ? `${short} has a ${step} verdict for another tree: its files have changed since; run ${step} again`
    : step === "pr"
      ? `${short} has no pr verdict: it was never checked; run pr with the registry and the record key`
      : `${short} has no ${step} verdict: it was never tested there; run ${step} first`
  return { rule, allowed: false, reason: reason + uncountedText(question, step) }
}

/** The statements that do not count where a verdict is missing; a foreign key hides whose it would be. */
function uncountedText({ uncounted = [] }: Question, step: RequiredStep): string {
  const reasons = uncounted.filter((one) => one.step === undefined || one.step === step).map(({ reason }) => reason)
  return reasons.length ? `; not counted: ${[...new Set(reasons)].join(", ")}` : ""
}

function age(question: Question): Answer[] {
  const { maxAge, requires } = question.policy
  if (maxAge === undefined) return []
  const rule = "maxAge"
  const newest = requires
    .flatMap((step) => verdictsOf(question, step).slice(0, 1))
    .sort((a, b) => b.at - a.at)
    .find(({ passed }) => passed)
  if (!newest)
    return [{ rule, allowed: false, reason: `there is no green verdict of ${requires.join(", ")} to be new` }]
  const passed = question.now - newest.at
  const isNew = passed <= secondsOf(maxAge)
  const seen = `the newest verdict, ${newest.step}, is ${spanText(passed)} old`
  const reason = isNew
    ? `${seen}; at most ${maxAge}`
    : `${seen}, at most ${maxAge} is allowed; run ${newest.step} again`
  return [{ rule, allowed: isNew, reason }]
}

function soak(question: Question): Answer[] {
  const { soak: wanted, requires } = question.policy
  const step = requires.filter((one) => one !== "pr").at(-1)
  if (wanted === undefined || !step) return []
  const rule = "soak"
  const newestFirst = verdictsOf(question, step)
  const red = newestFirst.findIndex(({ passed }) => !passed)
  // Since when all verdicts are green: a green one after a red one begins anew, one after a green one does not.
  const since = (red === -1 ? newestFirst : newestFirst.slice(0, red)).at(-1)
  if (!since) return [{ rule, allowed: false, reason: `${step} is not green: ${wanted} count from its green verdict` }]
  const from = since.at + secondsOf(wanted)
  if (question.now >= from)
    return [
      { rule, allowed: true, reason: `${step} is green for ${spanText(question.now - since.at)}; ${wanted} needed` },
    ]
  const reason = `${step} is green since ${iso(since.at)}, and ${wanted} are needed: ${spanText(from - question.now)} are left`
  return [{ rule, allowed: false, reason, from }]
}

function windows({ policy, now }: Question): Answer[] {
  if (!policy.windows.length) return []
  const from = nextOpen(policy.windows, now)
  const list = policy.windows.join("; ")
  if (from === now) return [{ rule: "windows", allowed: true, reason: list }]
  const zone = zoneOf({}, policy.windows)
  const next = from === undefined ? "none within 15 days" : `the next one opens ${atText(from, zone)}`
  return [{ rule: "windows", allowed: false, reason: `outside of the windows (${list}); ${next}`, from }]
}

function freezes({ policy, now }: Question): Answer[] {
  if (!policy.freezes.length) return []
  const freeze = freezeAt(policy, now)
  if (!freeze) return [{ rule: "freezes", allowed: true, reason: "no freeze today" }]
  const from = endOf(freeze, policy.windows)
  const end = atText(from, zoneOf(freeze, policy.windows))
  return [
    {
      rule: "freezes",
      allowed: false,
      reason: `frozen from ${freeze.from} to ${freeze.to}: ${freeze.reason}; it ends ${end}`,
      from,
    },
  ]
}

function approvals({ policy, environment, release, now, approvals: all = [] }: Question): Answer[] {
  const { count, notAuthor, ttl } = policy.approvals
  if (!count) return []
  const rule = "approvals"
  const person = (name: string) => name.trim().toLowerCase()
  const people = new Map<string, ApprovalFact>()
  const ignored = new Set<string>()
  for (const one of all.filter((approval) => approval.environment === environment)) {
    if (one.subject !== release.subject) ignored.add(`${one.by}'s is of other digests`)
    else if (one.at > now + tolerance) ignored.add(`${one.by}'s is from the future (${iso(one.at)})`)
    else if (now - one.at > secondsOf(ttl)) ignored.add(`${one.by}'s is older than ${ttl}`)
    else if (notAuthor && release.author && person(one.by) === person(release.author))
      ignored.add(`${one.by} is the author`)
    else people.set(person(one.by), one)
  }
  if (notAuthor && !release.author)
    return [
      { rule, allowed: false, reason: "the author of the commit is not known, who may not approve; publish again" },
    ]
  const names = [...people.values()].map(({ by }) => by).sort()
  const counted = `${people.size} of ${count}${names.length ? ` (${names.join(", ")})` : ""}`
  const without = ignored.size ? `; not counted: ${[...ignored].join(", ")}` : ""
  if (people.size >= count) return [{ rule, allowed: true, reason: counted + without }]
  return [{ rule, allowed: false, reason: `${counted} approvals${without}; \`dagger call evidence approve\` adds one` }]
}

function ticket({ policy, ticket: given = "" }: Question): Answer[] {
  if (!policy.ticket) return []
  const { pattern, required } = policy.ticket
  const rule = "ticket"
  if (!given && !required) return [{ rule, allowed: true, reason: "none given, none needed" }]
  if (!given) return [{ rule, allowed: false, reason: `none given; --ticket, like ${pattern}` }]
  const isMatch = new RegExp(pattern, "u").test(given)
  return [{ rule, allowed: isMatch, reason: isMatch ? given : `${JSON.stringify(given)} is not like ${pattern}` }]
}

function hold({ environment, release, now, holds = [] }: Question): Answer {
  const standing = holds
    .filter((one) => one.environment === environment && !one.released)
    .filter(({ badCommitTime }) => badCommitTime === undefined || release.commitTime <= badCommitTime)
    .sort((a, b) => a.at - b.at)
  const [first] = standing
  if (!first) return { rule: "hold", allowed: true, reason: "none" }
  const more = standing.length > 1 ? `; and ${standing.length - 1} more` : ""
  const ways = first.badCommitTime === undefined ? "" : ", or a newer release goes out"
  const held = `held by ${first.by} for ${spanText(Math.max(0, now - first.at))}: ${first.reason}`
  return { rule: "hold", allowed: false, reason: `${held}${more}; until \`dagger call evidence release-hold\`${ways}` }
}

/** Returns the words of a refusal: every rule that says no; undefined if the release may go there. */
export function refusalOf({ allowed, answers, earliest }: Decision): string | undefined {
  if (allowed) return undefined
  const refused = answers.filter((answer) => !answer.allowed).map(({ rule, reason }) => `${rule}: ${reason}`)
  return [...refused, ...(earliest === undefined ? [] : [`allowed from ${iso(earliest)}`])].join("; ")
}

/** Returns all answers as a table, and below it when the release may go there. */
export function decisionTable(decision: Decision): string {
  const { answers, environment, commit, allowed, earliest, override } = decision
  const width = Math.max(...answers.map(({ rule }) => rule.length))
  const lines = answers.map(({ rule, allowed: yes, reason }) => `${yes ? "✔" : "✘"} ${rule.padEnd(width)}  ${reason}`)
  const release = `${commit.slice(0, 12)} → ${environment}`
  const last = override
    ? `${release}: allowed by ${override.by}, against the rules: ${override.reason}`
    : allowed
      ? `${release}: allowed now`
      : earliest === undefined
        ? `${release}: not allowed; somebody has to act first (✘)`
        : `${release}: not allowed now; from ${iso(earliest)} on if nothing changes`
  return [...lines, last].join("\n")
}

function iso(at: number): string {
  return new Date(at * 1000).toISOString().replace(/\.000Z$/, "Z")
}

/** A span of time in its two largest units that are not 0: `1 d 4 h`. */
function spanText(seconds: number): string {
  const units = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ] as const
  let rest = Math.max(0, Math.round(seconds))
  const parts = units.map(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return { unit, count }
  })
  const shown = parts.filter(({ count }) => count > 0).slice(0, 2)
  return shown.map(({ unit, count }) => `${count} ${unit}`).join(" ") || "0 s"
}
