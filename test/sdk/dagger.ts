/** The `dagger` CLI for tests: calls with a time limit, and a copy of the fixture modules in a repository of its own. */
import { execFile, execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

export interface Result {
  code: number
  stdout: string
  stderr: string
}

export interface Options {
  cwd: string
  env?: Record<string, string>
  seconds?: number
}

export async function dagger(args: string[], { cwd, env = {}, seconds = 180 }: Options): Promise<Result> {
  if (!process.env._EXPERIMENTAL_DAGGER_RUNNER_HOST)
    throw new Error(
      "_EXPERIMENTAL_DAGGER_RUNNER_HOST is not set: run these tests with `npm test`, which starts an engine",
    )
  return await new Promise((resolve, reject) => {
    execFile(
      "dagger",
      args,
      {
        cwd,
        timeout: seconds * 1000,
        killSignal: "SIGINT",
        maxBuffer: 1 << 28,
        env: { ...process.env, ...env, NO_COLOR: "1", DAGGER_NO_NAG: "1", DO_NOT_TRACK: "1" },
      },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== "number") {
          const reason = error.killed
            ? new Error(`dagger ${args.join(" ")} did not end within ${seconds} s:\n${stderr.slice(-2000)}`)
            : error
          reject(reason)
        } else resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
      },
    )
  })
}

/** Runs `dagger call` and returns its output; fails with what dagger printed. */
export async function call(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["call", "--silent", ...args], { cwd })
  if (code !== 0) throw new Error(`dagger call ${args.join(" ")} ended with ${code}:\n${stderr}`)
  return stdout
}

/** Runs a `dagger call` that has to fail, and returns what dagger printed. */
export async function failing(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await dagger(["call", "--progress=plain", ...args], { cwd })
  if (code === 0) throw new Error(`dagger call ${args.join(" ")} should have failed, and printed:\n${stdout}`)
  return stdout + stderr
}

/** The fixture modules, copied into a git repository in a temporary folder. */
export function workspace(): {
  root: string
  module: (name: string) => string
  write: (module: string, files: Record<string, string>) => string
  remove: () => void
} {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "sdk-test-"))
  const isSource = (from: string): boolean => !/\/(sdk|node_modules)$/.test(from) || from.endsWith("/test/sdk")
  fs.cpSync(path.join(import.meta.dirname, "modules"), root, { recursive: true, filter: isSource })
  fs.writeFileSync(path.join(root, "README.md"), "the root's readme\n")
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", root])
  const write = (module: string, files: Record<string, string>): string => {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(root, module, name)
      fs.mkdirSync(path.dirname(file), { recursive: true })
      fs.writeFileSync(file, content)
    }
    return path.join(root, module)
  }
  return {
    root,
    module: (name) => path.join(root, name),
    write,
    remove: () => fs.rmSync(root, { recursive: true, force: true }),
  }
}

/** The files of a module that a test makes: dagger.json and package.json, and the given ones. */
export function moduleFiles(name: string, files: Record<string, string>): Record<string, string> {
  return {
    "dagger.json": JSON.stringify({ name, engineVersion: "v0.19.10", sdk: { source: "typescript" } }),
    "package.json": JSON.stringify({
      type: "module",
      dependencies: { typescript: "5.9.3" },
      dagger: { runtime: "bun" },
    }),
    ...files,
  }
}
