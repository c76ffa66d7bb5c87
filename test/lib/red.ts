// Set up for each file of live tests: a green one is noted, so that it need not run again on the same inputs; a red test makes the next run ask again for what was
// answered from the cache.
import { relative } from "node:path"
import { afterAll, afterEach } from "vitest"
import type { RunnerTask } from "vitest"
import { repository } from "../../engine/src/paths.js"
import { noteGreen } from "../../engine/src/unchanged.js"
import { forget } from "./parts"

afterEach(({ task }) => {
  if (task.result?.state === "fail") forget()
})

afterAll(({}, suite) => {
  const states = (tasks: RunnerTask[]): (string | undefined)[] => tasks.flatMap((task) => (task.type === "suite" ? states(task.tasks) : [task.result?.state]))
  const all = states(suite.tasks)
  if (all.length > 0 && all.every((state) => state === "pass")) noteGreen(relative(repository, suite.file.filepath), all.length)
})
