// Generated from modules/shared/quotes.ts by `npm run sync`; do not edit.
// Reports of tools that quote the code in which they found something.
import type { Directory } from "@dagger.io/dagger"

/**
 * Returns a tool's JSON report without the field in which it quotes the source: a line of code can hold a secret, and the
 * report is kept longer and read by more people than the code. A text that is no JSON is returned as it is.
 */
export function withoutCode(report: string, field: string): string {
  try {
    const parsed: unknown = JSON.parse(report, (key, value: unknown) => (key === field ? undefined : value))
    return `${JSON.stringify(parsed, null, 1)}\n`
  } catch {
    return report
  }
}

/** Returns a run's reports with one of them without its quoted code; `text` is what that report holds, "" if it is missing. */
export function withoutQuotes(
  reports: Directory,
  file: string,
  { text, field }: { text: string; field: string },
): Directory {
  return text === "" ? reports : reports.withNewFile(file, withoutCode(text, field))
}
