import * as fs from "node:fs"
import * as path from "node:path"

/** Every TypeScript file below a folder, sorted, declaration files left out. */
export function sourceFiles(folder: string): string[] {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const full = path.join(folder, entry.name)
      if (entry.isDirectory()) return entry.name === "node_modules" ? [] : sourceFiles(full)
      return /\.m?ts$/.test(entry.name) && !/\.d\.m?ts$/.test(entry.name) ? [full] : []
    })
}
