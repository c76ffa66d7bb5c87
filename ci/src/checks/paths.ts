// Paths: charts, configuration of golangci-lint, and paths from a folder.
import { golangciFiles } from "../catalogue"
import { asPattern } from "../config/checkout"
import { foldersFrom, inFolder } from "../shared/folders"

export { moduleName } from "../shared/gomod"

/** Returns the folders of Chart.yaml files, without those below another chart's `charts/`: sub-charts are checked with it. */
export function chartFolders(files: string[]): string[] {
  const folders = files.map((file) => file.replace(/\/?Chart\.yaml$/, "") || ".").sort()
  return folders.filter((folder) => !folders.some((above) => folder.startsWith(inFolder(above, "charts/"))))
}

/**
 * Returns patterns for what is no YAML of the repository: a chart's templates, which helm renders, and its dependencies; the
 * vendored code of Go modules, and test data, which may be broken on purpose.
 */
export function notYaml(charts: string[], vendored: string[]): string[] {
  const folderOf = (file: string): string => asPattern(file.slice(0, file.lastIndexOf("/") + 1))
  const ofCharts = charts.map(folderOf).flatMap((folder) => [`${folder}templates`, `${folder}charts`])
  return [...ofCharts, ...vendored.map((file) => folderOf(file).slice(0, -1)), "**/testdata", "**/.terraform"]
}

/**
 * Returns the configuration of golangci-lint for the module at `path`: in its folder or the nearest above it, the first by name.
 * `files` are all such files of the repository.
 */
export function golangciConfig(path: string, files: string[]): string | undefined {
  for (const folder of foldersFrom(path)) {
    const found = golangciFiles.map((file) => inFolder(folder, file)).find((file) => files.includes(file))
    if (found) return found
  }
  return undefined
}

/** Whether a file matches a pattern as SonarQube reads it: `?` a character, `*` within a folder, `**` any folders. */
export function matchesPattern(pattern: string, file: string): boolean {
  const parts = pattern
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => wildcards[part] ?? part.replace(/[.+^${}()|[\]\\]/g, "\\$&"))
  return new RegExp(`^${parts.join("")}$`).test(file)
}

const wildcards: Record<string, string> = { "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]" }
