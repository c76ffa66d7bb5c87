import lockfile from "../tool/package-lock.json"
import manifest from "../tool/package.json"

// The npm project that c8 is installed from, as text: a running module cannot read its own folder.

/** package.json and package-lock.json for `npm ci`. */
export const files: Record<string, string> = {
  "package.json": JSON.stringify(manifest),
  "package-lock.json": JSON.stringify(lockfile),
}
