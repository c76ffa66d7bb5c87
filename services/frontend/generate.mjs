// Writes the page's types from the services' contracts. With --check it writes nothing, and fails if a file is not what its contract
// makes: the generator's own --check ends well with the first of several files that is current.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript"

const options = {
  // A field with a default may be left out all the same.
  defaultNonNullable: false,
  enumValues: true,
  rootTypes: true,
  rootTypesNoSchemaPrefix: true,
  silent: true,
}
const isCheck = process.argv.includes("--check")
const folder = new URL("src/contracts/", import.meta.url)

for (const name of ["suppliers", "recipes", "restaurant"]) {
  const contract = new URL(`../${name}/openapi.yaml`, import.meta.url)
  if (!existsSync(contract)) throw new Error(`there is no services/${name}/openapi.yaml beside this folder`)
  const made = COMMENT_HEADER + astToString(await openapiTS(contract, options))
  const file = new URL(`${name}.gen.ts`, folder)
  const current = existsSync(file) ? readFileSync(file, "utf8") : ""
  if (current === made) continue
  if (isCheck) {
    console.error(`src/contracts/${name}.gen.ts is not what services/${name}/openapi.yaml makes; run \`npm run generate\``)
    process.exitCode = 1
    continue
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, made)
}
