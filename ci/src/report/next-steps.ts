// What to do about a red stage, in a few words behind its reason.
import type { catalogue } from "../catalogue"
import { isRed, oneLine, type Stage } from "./stages"

const old = "; old findings: gates.scope: new"
const fix = `\`dagger call fix --auto-apply\` mends layout${old}`
const accept = `correct it, or accept it in \`suppressions\`${old}`

/** The next step for each check. */
const ofChecks: Record<(typeof catalogue)[number]["stage"], string> = {
  secrets: "revoke the secret; one that is none: .gitleaksignore or `suppressions`; old ones: gates.scope: new",
  "<service>:lint": fix,
  "<service>:typecheck": "correct the types; the whole list is in the stage's output.txt",
  "<service>:test": "correct it, or the settings of the tests (`needs`, `coverage`); again: pr --only <stage>",
  "<service>:build": "correct it; the whole output is in the stage's output.txt; again: pr --only <stage>",
  "<service>:scan":
    "update the image's packages or its base, or accept it in `suppressions`; threshold: gates.dependencies",
  "lint:yaml": `${accept}; other files: gates.lint.exclusions`,
  "lint:helm": `${accept}; other files: gates.lint.exclusions`,
  "lint:terraform": `${fix}; other files: gates.lint.exclusions`,
  "lint:golangci": `${accept}; rules: .golangci.yml`,
  "sast:go": `${accept}; threshold: gates.sast.severity`,
  "sast:js": `${accept}; threshold: gates.sast.severity`,
  dependencies: "update it, or accept it in `suppressions`; threshold and licences: gates.dependencies",
  quality: "mend what SonarQube lists, or change gates.quality.conditions",
  "coverage:total": "add tests, or set gates.coverage.total to what there is",
  "coverage:changed": "add a test that runs these lines, or set gates.coverage.changedLines",
}

/** The next step of a stage by its last word: the steps of environments, and others that deploy. */
const ofSteps: Record<string, string> = {
  record: "write access to the registry, then run the step again: its verdict is in these reports only",
  files: "run the step again when the registry answers",
  publish: "correct it and publish again: what is pushed already stays as it is",
  policy:
    "`dagger call evidence may` lists all rules and when they allow it; the rules are `promote` of the environment",
  hold: "`dagger call evidence hold` sets it by hand; until then nothing keeps the red release from going out again",
  deploy: "read the events and logs in the reports; correct the chart or the release, and deploy again",
  health: "read the events and logs in the reports; the addresses are those of `health`",
  api: "read the failing requests in the reports; the collection is suites.api",
  ui: "read the failing journeys and their screenshots in the reports; they are in suites.ui",
  load: "make the product faster, or change gates.load of the environment",
  dast: "correct what the scanner found, or change gates.dast of the environment",
  feedback: "close the open feedback, or change gates.feedback of the environment",
  analysis: "look at the queries in the reports; limits: gates.analysis of the environment",
  rollback: "read the events and logs in the reports; or deploy a release that is known to be good",
}

const others = "read the stage's reports; again: the same command with --all"

/** Returns the next step of a red stage. */
export function nextStepOf({ name, reason, next, status }: Stage): string {
  if (next) return next
  const [first, second] = name.split(":") as [string, string?]
  const step = second ?? first
  // A scan builds the image first, within the time of a build.
  const timeout = step === "scan" ? "build" : step
  if (/^timed out\b/.test(reason)) return `find out what hangs, or raise timeouts.${timeout} in delivery.yaml`
  if (/: no matching files found\b/.test(reason))
    return "the embedded files are not in git: commit them, or one file that stands for what another build makes"
  if (/^installation: /.test(reason))
    return "make the installation work from the files in git; its output is in the stage's output.txt"
  if (/^(could not run\b|the module gave no result)/.test(reason))
    return "the whole message is in dagger.log of the reports; again: the same command with --all"
  if (step === "test" && /: data race\b/.test(reason))
    return 'correct it; until then `goenv: { GOFLAGS: "-race=false" }` runs the tests without the race detector'
  if (status === "inconclusive") return "again when it answers; what that comes to: `inconclusive` of its gate"
  const table: Record<string, string> = ofChecks
  const found = table[name] ?? table[`<service>:${step}`] ?? ofSteps[step] ?? ofSteps[first] ?? others
  return found.replace("<stage>", name)
}

/** Returns the next step of a red stage where `gates.scope: new` is set already. */
export function nextStepWithScope(stage: Stage): string {
  return nextStepOf(stage).replace(old, "")
}

/** Returns a stage's reason on one line of at most `most` characters, and behind it the next step if it is red. */
export function reasonText(stage: Stage, most: number): string {
  const reason = oneLine(stage.reason, most)
  return isRed(stage) ? `${reason} · ${oneLine(nextStepOf(stage), 160)}` : reason
}
