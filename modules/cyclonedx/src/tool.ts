import lockfile from "../tool/package-lock.json"
import manifest from "../tool/package.json"

// The project that cyclonedx-npm is installed from, as texts: a module's folder is not at hand while it runs.

/** package.json and package-lock.json, as `npm ci` takes them. */
export const files: Record<string, string> = {
  "package.json": JSON.stringify(manifest),
  "package-lock.json": JSON.stringify(lockfile),
}
