// The pipelines and the modules know no product: what is this repository's stands in delivery.yaml, services/, charts/ and terraform/.
import { readFileSync, readdirSync } from "node:fs"
import { join, relative } from "node:path"
import { expect, it } from "vitest"
import { repository } from "../../engine/src/paths"

/** Names of this repository's product, and settings that only its services and its chart have. */
const names =
  /restaurants?\b|\brecipes?\b|\bsuppliers?\b|\bmenus?\b|services\/(kit|frontend|database|api-tests|ui-tests|load|baseline)\b|DB_HOST|DB_NAME|DEMO_DATA|DRAIN_DELAY|demoData|faultsInProduction|values-ephemeral|delivery\.example/i

const left = new Set(["node_modules", "sdk", "shared", ".dagger"])

/** The sources of a folder: code, schemas and settings. READMEs and examples are left out: they call this repository's services. */
function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return left.has(entry.name) || entry.name === "examples" ? [] : sources(path)
    return /\.(ts|json|sh|mjs)$/.test(entry.name) && entry.name !== "package-lock.json" ? [path] : []
  })
}

it.each(["ci", "modules"])("%s names nothing of this product", (folder) => {
  const found = sources(join(repository, folder)).flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line, i) =>
        names.test(line) && !/^ *\* Example: /.test(line)
          ? [`${relative(repository, path)}:${i + 1} ${names.exec(line)![0]}: ${line.trim().slice(0, 100)}`]
          : [],
      ),
  )
  expect(found).toEqual([])
})
