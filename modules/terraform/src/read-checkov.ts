// Reads checkov's JSON: pure functions over text.
import { isWhole } from "./shared/words"

interface Check {
  check_id: string
  check_name: string
  resource: string
  repo_file_path?: string
  file_path: string
  file_line_range: [number, number]
  check_result: { suppress_comment?: string }
}

/** The findings of checkov. */
export interface SecurityOutcome {
  passed: number
  /** Failed checks, ready to print. */
  failed: string[]
  skipped: number
  /** Checks that are skipped without saying why, ready to print. */
  unexplained: string[]
  /** Files that checkov could not read. */
  unread: string[]
}

/** A check in one line, with its place. */
function line(check: Check): string {
  const place = `${check.file_path.replace(/^\/+/, "")}:${check.file_line_range[0]}`
  return `${place}: ${check.resource}: ${check.check_name} (${check.check_id})`
}

/** Reads checkov's JSON; undefined when there is none, or half of it. */
export function securityOutcome(json: string): SecurityOutcome | undefined {
  if (!isWhole(json)) return undefined
  const read = JSON.parse(json) as unknown
  // With nothing to check, checkov writes counts alone; with several frameworks, a list.
  const reports = (Array.isArray(read) ? read : [read]) as {
    results?: { passed_checks: Check[]; failed_checks: Check[]; skipped_checks: Check[]; parsing_errors: string[] }
  }[]
  const all = reports.flatMap(({ results }) => (results ? [results] : []))
  const skips = all.flatMap((results) => results.skipped_checks)
  return {
    passed: all.flatMap((results) => results.passed_checks).length,
    failed: all.flatMap((results) => results.failed_checks).map(line),
    skipped: skips.length,
    unexplained: skips
      .filter(({ check_result }) => /^(no comment provided)?$/i.test((check_result.suppress_comment ?? "").trim()))
      .map((check) => `${line(check)} is skipped without a reason`),
    unread: all.flatMap((results) => results.parsing_errors),
  }
}
