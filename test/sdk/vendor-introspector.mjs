// Runs what @dagger.io/dagger on npm has of the vendor's introspector, in a process of its own: the program `ts-introspector`
// of the vendor's engine is this code, compiled. Reads `{ name, folder }` per line from stdin, where `folder` has src/,
// and the folder above it sdk/client.gen.ts and node_modules/@dagger.io/dagger as the vendor's runtime has them. Registers each module with the
// engine at DAGGER_SESSION_PORT, and writes `{ name, id }` or `{ name, error }` per line. The client and TypeScript's own
// declarations are parsed once for all modules.
import { readdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

// The introspector takes TypeScript from node's cache, where a copy stands that shares parsed files.
const require = createRequire(join(process.argv[2], "package.json"))
const ts = require("typescript")
const parsed = new Map()
require.cache[require.resolve("typescript")].exports = {
  ...ts,
  createProgram: (files, options) => ts.createProgram(files, options, sharingHost(options)),
}

/** The host of a program that shares the files which all modules have. */
function sharingHost(options) {
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.getSourceFile = (file, ...rest) => {
    if (file.includes("/src/")) return getSourceFile(file, ...rest)
    if (!parsed.has(file)) parsed.set(file, getSourceFile(file, ...rest))
    return parsed.get(file)
  }
  return host
}

const library = pathToFileURL(join(process.argv[2], "dist/src")).href
const { connection } = await import(`${library}/connect.js`)
const { scan } = await import(`${library}/module/introspector/index.js`)
const { Register } = await import(`${library}/module/entrypoint/register.js`)

/** The sources in the order in which the vendor's program lists them. */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const file = join(folder, entry.name)
      if (entry.isDirectory()) return sources(file)
      return /\.m?ts$/.test(entry.name) ? [file] : []
    })
    .reduce((before, files) => [...files, ...before], [])
}

async function register(name, folder) {
  const files = [...sources(join(folder, "src")), join(folder, "../sdk/client.gen.ts")]
  const module = await scan(files, name, false)
  return await new Register(module).run()
}

// Its warnings go to stderr, because stdout is for results.
console.log = console.debug = console.warn = console.error
await connection(async () => {
  for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const { name, folder } = JSON.parse(line)
    const result = await register(name, folder).then(
      (id) => ({ name, id }),
      (error) => ({ name, error: error.message }),
    )
    process.stdout.write(`${JSON.stringify(result)}\n`)
  }
})
