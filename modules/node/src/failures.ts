// Why an installation or a script failed, in one line of the tool's own words: pure functions over text.
import { programOf, type Manager } from "./managers"
import { firstLine } from "./shared/clock"
import { plainLines } from "./shared/words"

/**
 * Which registry refused which package, and which argument grants access; empty when none did. `log`: request lines of
 * npm's log.
 */
export function refusal(log: string): string {
  const [, code = "", host = "", path = ""] =
    /http fetch GET (401|403|404) https?:\/\/(?:[^/@\s]*@)?([^/\s]+)\/(\S*)/.exec(log) ?? []
  if (!code) return ""
  const what = path.replace(/%2f/gi, "/").replace(/\/-\/.*$/, "")
  if (code === "404") return `${host} has no ${what} (404): if it is private, pass npmrc with its registry and a login`
  return `${host} refuses ${what} (${code}): pass npmrc with a login for ${host}`
}

/** What a package manager says when package.json and the lock file do not agree. */
const disagreement = [
  /^(?:npm error )?(?:Invalid|Missing): /,
  /ERR_PNPM_(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH|FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE)/,
  /^error Your lockfile needs to be updated/,
  /YN0028: .*The lockfile would have been modified/,
  /^error: lockfile had changes/,
]

/** Which dependency differs, in the lines of managers that name it. */
const disagreementDetails = [
  /^npm error ((?:Invalid|Missing): .*)/,
  /^- (\S+ \(lockfile: .*\))$/,
  /: (\S+ changed from \S+ to \S+)/,
  /^➤ YN0085: │ \+ (\S+)/,
  /^(?:Error: )?ERR_PNPM_\w+\s+(\S.*)/,
]

/** Lines around an error that do not say what is wrong. */
const boilerplate = [
  /^(?:npm|pnpm|yarn) (?:warn|notice|info|http)\b/i,
  /^npm error (?:code|path|errno|syscall|workspace|location|command|A complete log|in workspace|gyp info|Lifecycle)\b/,
  /^npm error\s*$/,
  /^npm ERR! (?:code|path|errno|command|A complete log)/,
  /^> /,
  /^\$ /,
  /^(?:yarn|bun) (?:run|install|test)? ?v?\d/,
  /^(?:error Command failed|info Visit|info Direct|Done in)/,
  /^(?:➤ YN0000|➤ YN0007|➤ YN0013|➤ YN0009)/,
  /ELIFECYCLE|^Exit code:|^Command:|^Arguments:|^Directory:|^Output:|ERR_PNPM_EXECUTOR_LIFECYCLE|ERR_PNPM_RECURSIVE_RUN/,
  /^(?:at |throw |\^|Node\.js v|node:internal|requireStack|code: '|\}|Require stack:|- \/)/,
  /^error: (?:script|\w+ script from) .* exited with/,
  /^(?:Progress:|Packages:|Lockfile is up to date|Scope:|Already up to date|\+\+)/,
]

/** Words of an error. */
const errorWords =
  /\berror\b|error:|\bfailed\b|\bcannot\b|\bcould not\b|\bcouldn't\b|not found|no such file|\bmissing\b|ERR_|denied/i

/** The line of an output that says what is wrong, without the prefixes of package managers. */
export function usefulLine(output: string): string {
  const lines = plainLines(output)
    .filter((line) => !boilerplate.some((known) => known.test(line)))
    .map((line) => line.replace(/^npm (?:error|ERR!)\s*/, "").replace(/^(?:➤ YN\d+: )?[│×╰─▶\s]*/, ""))
    .filter((line) => line !== "" && !boilerplate.some((known) => known.test(line)))
  const thrown = lines.find((line) => /(?:^|\s)(?:[A-Z]\w*)?Error(?: \[\w+\])?: \S/.test(line))
  return firstLine(thrown ?? lines.find((line) => errorWords.test(line)) ?? lines.at(-1) ?? "")
}

/** Errors of an installation that no file of the project would change. */
const finalErrors = [
  /\b(?:ENOTFOUND|ETIMEDOUT|ECONNREFUSED|ECONNRESET|EAI_AGAIN)\b/,
  /\b(?:E40[134]|EUSAGE|EINTEGRITY|EBADENGINE|ERESOLVE)\b/,
  /\b(?:ERR_PNPM_FETCH_\d+|ERR_PNPM_UNSUPPORTED_ENGINE|YN0028|YN0035)\b|ERR_PNPM_OUTDATED_LOCKFILE/,
  /lockfile had changes|lockfile needs to be updated/,
]

/** What managers say when an install script failed: it may read files of the project, such as what to download. */
const scriptErrors = [
  /^npm (?:error|ERR!) command (?:sh|bash) /m,
  /^error \S+: Command failed\.$/m,
  /\bELIFECYCLE\b/,
  /\bYN0009\b/,
  /^error: \w+ script from .* exited with/m,
]

/** Why an installation failed, and whether more files would not change that. `log`: npm's refused requests. */
export function installFailure(manager: Manager, output: string, log = ""): { reason: string; isFinal: boolean } {
  if (refusal(log)) return { reason: refusal(log), isFinal: true }
  const lines = plainLines(output)
  if (lines.some((line) => disagreement.some((known) => known.test(line)))) {
    const detail = disagreementDetails
      .flatMap((known) => lines.map((line) => known.exec(line)?.[1] ?? ""))
      .find((found) => found !== "")
    const command = programOf(manager.name)
    const what = `package.json and ${manager.lockfile} disagree`
    return {
      reason: `${what}${detail ? `: ${detail}` : ""} (run \`${command} install\` and commit the lock file)`,
      isFinal: true,
    }
  }
  return {
    reason: usefulLine(output) || firstLine(lines.join("\n")),
    isFinal: isAnyOf(finalErrors, output) && !isAnyOf(scriptErrors, output),
  }
}

function isAnyOf(errors: RegExp[], output: string): boolean {
  return errors.some((known) => known.test(output))
}

/** Why a package manager could not be had. */
export function managerFailure({ package: wanted, because }: Manager, output: string): string {
  const missing = /\b(?:ETARGET|E404)\b/.test(output) ? "the registry does not have it" : ""
  return `could not get ${wanted} (${because}) from the npm registry: ${missing || usefulLine(output)}`
}
