// Two clones with the same content: what an earlier call kept in a cache must not lead back to the folder of that call.
// inputs: ci modules dagger.json test/pipeline/shop.ts
import { cpSync, rmSync } from "node:fs"
import { expect, it } from "vitest"
import { Shop, runPr } from "./shop"

it("a second clone is checked when the first is gone", async () => {
  const first = new Shop()
  // Unlike the content of any other test: nothing of it has been called before.
  first.write("services/api/NOTICE.txt", `A clone of ${Date.now()}.\n`)
  first.commit("Add a notice")
  const second = `${first.root}-second`
  try {
    cpSync(first.root, second, { recursive: true, preserveTimestamps: true })
    const one = await runPr(first.root, "--only=lint:yaml")
    expect(one.stages["lint:yaml"], one.output).toMatchObject({ status: "passed" })
    first.close()
    const other = await runPr(second, "--only=frontend:build", "--only=api:build")
    for (const stage of ["frontend:build", "api:build"])
      expect(other.stages[stage], other.output).toMatchObject({ status: "passed" })
  } finally {
    first.close()
    rmSync(second, { recursive: true, force: true })
  }
})
