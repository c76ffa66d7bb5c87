// Set up for each file of live tests: a red test makes the next run ask again for what was answered from the cache.
import { afterEach } from "vitest"
import { forget } from "./parts"

afterEach(({ task }) => {
  if (task.result?.state === "fail") forget()
})
