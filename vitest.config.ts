import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { defineConfig } from "vitest/config"

// unit: no engine, milliseconds. The others are live: real calls on the real engine.
// first: the pull request pipeline on this repository. Where caches are empty it compiles each thing once; tests of
// modules side by side would compile the same ones several times.
// modules: two files at a time, because most of a module's test is waiting for what it has started. live: one at a
// time, because whole pipelines keep two cores busy, and some of
// them tell by time that something is wrong.
// Independent calls of a file run two at a time: while one client starts or waits, the engine works for the other.
// What was green on the same inputs is left out by `npm test` (engine/src/unchanged.ts), which says so.
const unchanged = (process.env.DELIVERY_UNCHANGED ?? "").split(",").filter((file) => file !== "")
const first = "test/pipeline/self.test.ts"
const exclude = ["test/sdk/unit/**", "**/node_modules/**", ...unchanged]
const onTheEngine = {
  exclude,
  setupFiles: ["test/lib/red.ts"],
  environment: "node" as const,
  testTimeout: 600_000,
  hookTimeout: 900_000,
}

/** The vendor's scanner, by the name under which our runtime imports it. */
const scanner = join(import.meta.dirname, "node_modules/@dagger.io/dagger/dist/src/module/introspector")

/**
 * Sources that lead calls of the engine without naming its API: real calls test them. By hand, because no rule tells them
 * from files that decide: both await what they are given, and some of them import nothing of the engine as a value.
 * `test/unit/coverage-files.test.ts` refuses an entry that matches nothing, or only files that are left out anyway.
 */
export const leading = [
  "ci/src/checks/(check|outcome|pull-request|results)",
  "ci/src/release/rehearsal-report",
  "engine/src/(images|pipeline|product|progress)",
]

/**
 * The files whose coverage by unit tests is measured: what decides, computes and writes. Left out are files that call the
 * engine, lead such calls or start programs, which real calls test, and copies of modules/shared.
 */
export function logicFiles(leading: string[]): string[] {
  const talks = /^import (?!type).* from "@dagger\.io\/dagger"|@object\(\)|node:child_process/m
  const leads = new RegExp(`^(${leading.join("|") || "-"})\\.ts$`)
  const folders = ["ci/src", "engine/src", ...readdirSync("modules").map((name) => `modules/${name}`)]
  return folders
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
    .filter((file) => file.endsWith(".ts") && !/src\/shared\/|\/(examples|sdk)\/|\.d\.ts$/.test(file))
    .filter((file) => !leads.test(file) && !talks.test(readFileSync(file, "utf8")))
}

export default defineConfig({
  test: {
    coverage: { provider: "v8", include: logicFiles(leading) },
    maxConcurrency: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/{unit,sdk/unit}/**/*.test.ts", "modules/*/test/**/*.test.ts"],
          environment: "node",
        },
      },
      {
        test: { name: "first", include: [first], ...onTheEngine, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
      {
        resolve: { alias: { "dagger-scanner": scanner } },
        test: {
          name: "modules",
          include: ["test/{sdk,modules}/**/*.test.ts"],
          ...onTheEngine,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "live",
          include: ["test/{pipeline,engine,product}/**/*.test.ts"],
          ...onTheEngine,
          exclude: [...exclude, first],
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      // The full rehearsal, every fault of the chain, and a repository of thirty services: `npm run test:e2e`.
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          environment: "node",
          testTimeout: 3_600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
