// Generated from modules/shared/cached.ts by `npm run sync`; do not edit.
// The answer of functions that Dagger caches for a day: results and reports as one text.
import type { Directory } from "@dagger.io/dagger"
import { fieldsOf, type Result } from "./result"

/**
 * Results and the texts of all reports as one text, for a function that Dagger caches: JSON with `ended` (seconds since
 * 1970), `results`, and `files` by their path.
 */
export async function asText(results: Result[], reports: Directory): Promise<string> {
  const paths = (await reports.glob("**/*")).filter((file) => !file.endsWith("/"))
  const files = Object.fromEntries(
    await Promise.all(paths.map(async (file) => [file, await reports.file(file).contents()] as const)),
  )
  return JSON.stringify({
    ended: Date.now() / 1000,
    results: results.map(fieldsOf),
    files,
  })
}
