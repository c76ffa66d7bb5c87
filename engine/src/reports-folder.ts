// The folder that a run writes its reports into. Each run replaces what is in it, so it has to be the pipeline's own.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** The file that marks a folder as the pipeline's own, and keeps it out of git. */
const marker = ".gitignore"
const firstLine = "# Reports of the delivery pipeline: each run replaces everything in this folder."

/** Makes the folder, or takes an empty one or that of an earlier run. Throws if it has other files. */
export function claimReports(folder: string): void {
  if (existsSync(folder) && !isOwn(folder))
    throw new Error(
      `--reports: ${folder} was not made by the pipeline, and each run replaces everything in its folder; name another one, or remove it`,
    )
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, marker), `${firstLine}\n*\n`)
}

function isOwn(folder: string): boolean {
  if (!statSync(folder).isDirectory()) return false
  const entries = readdirSync(folder)
  if (entries.length === 0) return true
  return entries.includes(marker) && readFileSync(join(folder, marker), "utf8").startsWith(firstLine)
}

/** Removes the reports of an earlier run from a folder that was claimed, except for some entries. */
export function clearReports(folder: string, except: string[]): void {
  for (const entry of readdirSync(folder))
    if (entry !== marker && !except.includes(entry)) rmSync(join(folder, entry), { recursive: true, force: true })
}
