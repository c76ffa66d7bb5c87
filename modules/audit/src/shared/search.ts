// Generated from modules/shared/search.ts by `npm run sync`; do not edit.
// Searching the files of a folder by their content.
import type { Directory } from "@dagger.io/dagger"

type Options = NonNullable<Parameters<Directory["search"]>[0]>
type Results = ReturnType<Directory["search"]>

/**
 * Searches those files of a folder that match the globs, for example `["*.go"]`. The engine's search is an error where no
 * file matches them; so one empty file that does is added: `searched.go` for `*.go`.
 */
export function searchIn(folder: Directory, options: Options & { globs: string[] }): Results {
  const suffix = options.globs.find((glob) => /^\*\.\w+$/.test(glob))?.slice(1) ?? ".txt"
  return folder.withNewFile(`searched${suffix}`, "").search(options)
}
