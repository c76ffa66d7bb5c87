import { defineConfig } from "vitest/config"

// unit: no engine, milliseconds. live: real calls on the real engine, one file at a time because two cores are soon busy.
// Independent calls of a file run two at a time: while one client starts or waits, the engine works for the other.
// What was green on the same inputs is left out by `npm test` (engine/src/unchanged.ts), which says so.
const unchanged = (process.env.DELIVERY_UNCHANGED ?? "").split(",").filter((file) => file !== "")

export default defineConfig({
  test: {
    maxConcurrency: 2,
    projects: [
      { test: { name: "unit", include: ["test/{unit,sdk/unit}/**/*.test.ts"], environment: "node" } },
      {
        test: {
          name: "live",
          include: ["test/{sdk,modules,pipeline,engine,product}/**/*.test.ts"],
          exclude: ["test/sdk/unit/**", "**/node_modules/**", ...unchanged],
          setupFiles: ["test/lib/red.ts"],
          environment: "node",
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      // The full rehearsal, every fault of the chain, and a repository of thirty services: `npm run test:e2e`.
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], environment: "node", testTimeout: 3_600_000, hookTimeout: 900_000, fileParallelism: false } },
    ],
  },
})
