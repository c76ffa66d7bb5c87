// Set up for each file of live tests: a green one is noted, so that it need not run again on the same inputs; a red
// test makes the next run ask again for what was
// answered from the cache, and says at once why it is red, a hook too: vitest says it at the end of a run that may
// take an hour, and not at all when that is ended.
import { relative } from "node:path"
import { stripVTControlCharacters } from "node:util"
import { afterAll, afterEach } from "vitest"
import type { RunnerTask } from "vitest"
import { repository } from "../../engine/src/paths.js"
import { noteGreen } from "../../engine/src/unchanged.js"
import { forget } from "./parts"

afterEach(({ task }) => {
  if (task.result?.state !== "fail") return
  tell(task)
})

afterAll(({}, suite) => {
  // A suite's own errors are those of its beforeAll.
  const suites = (task: RunnerTask): RunnerTask[] =>
    task.type === "suite" ? [task, ...task.tasks.flatMap(suites)] : []
  for (const one of suites(suite)) if (one.result?.errors?.length) tell(one)
  const states = (tasks: RunnerTask[]): (string | undefined)[] =>
    tasks.flatMap((task) => (task.type === "suite" ? states(task.tasks) : [task.result?.state]))
  const all = states(suite.tasks)
  if (all.length > 0 && all.every((state) => state === "pass"))
    noteGreen(relative(repository, suite.file.filepath), all.length)
})

function tell(task: RunnerTask): void {
  forget()
  const why = task.result?.errors?.map((error) => `${error.message}\n${error.diff ?? ""}`).join("\n") ?? ""
  console.error(
    `RED ${relative(repository, task.file.filepath)}: ${task.name}\n${stripVTControlCharacters(why).slice(0, 4000)}`,
  )
}
