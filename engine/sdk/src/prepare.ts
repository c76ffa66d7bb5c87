/**
 * Makes what depends on the API alone, which all modules share that see the same API: the client (sdk/ for people, one
 * file of JavaScript with the start of a call for calls), and the reduced client for the scanner.
 *
 *   bun prepare.js <schema.json> <out>
 */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { reduceClient } from "./scan/reduce.js"

const [schema, out] = process.argv.slice(2) as [string, string]
const home = path.dirname(process.argv[1]!)
const sdk = path.join(out, "sdk")

async function main(): Promise<void> {
  fs.mkdirSync(out, { recursive: true })
  execFileSync(
    path.join(home, "codegen"),
    [
      "generate-module",
      "--lang",
      "typescript",
      "--bundle",
      "--output",
      out,
      "--module-name",
      "module",
      "--module-source-path",
      out,
      "--introspection-json-path",
      schema,
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  )
  const client = fs.readFileSync(path.join(sdk, "src/api/client.gen.ts"), "utf8")
  fs.rmSync(path.join(sdk, "src"), { recursive: true })
  fs.cpSync(path.join(home, "sdk"), sdk, { recursive: true })
  fs.writeFileSync(path.join(sdk, "client.gen.ts"), client)

  fs.mkdirSync(path.join(out, "scan"))
  fs.writeFileSync(path.join(out, "scan/client.gen.ts"), reduceClient(client))

  // In the library of a call, the client and the start of the call share one copy of the core.
  const work = path.join(out, "work")
  fs.mkdirSync(work)
  fs.writeFileSync(path.join(work, "client.gen.ts"), client)
  fs.writeFileSync(path.join(work, "core.js"), `export * from ${JSON.stringify(path.join(home, "call.js"))}\n`)
  fs.copyFileSync(path.join(sdk, "index.ts"), path.join(work, "index.ts"))
  fs.writeFileSync(path.join(work, "library.ts"), `export * from "./core.js"\nexport * from "./index.ts"\n`)
  for (const [target, format, bytecode] of [
    ["bun", "cjs", true],
    ["node", "esm", false],
  ] as const) {
    const result = await Bun.build({
      entrypoints: [path.join(work, "library.ts")],
      outdir: path.join(out, target),
      target,
      format,
      bytecode,
      minify: { whitespace: true, syntax: true },
      naming: target === "node" ? "[name].mjs" : "[name].js",
    })
    if (!result.success) throw new AggregateError(result.logs, "the client could not be bundled")
  }
  fs.rmSync(work, { recursive: true })
}

void main()
