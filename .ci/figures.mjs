// Prints the failures of a test run once more and short, because a log is often read from its end, then one line of figures.
// Arguments: vitest's JSON report, its exit code, the number of other checks that passed, the names of those that failed.
import { readFileSync } from "node:fs"
import { relative } from "node:path"
import { stripVTControlCharacters } from "node:util"

const [report, exitCode, checksPassed, ...checksFailed] = process.argv.slice(2)
const result = readResult(report)
for (const { name, assertionResults } of result.testResults) {
  for (const { status, fullName, failureMessages } of assertionResults) {
    if (status !== "failed") continue
    const message = stripVTControlCharacters(failureMessages.join(" ")).replace(/\s+/g, " ").slice(0, 700)
    console.log(`FAILED ${relative("", name)}: ${fullName}\n  ${message}`)
  }
}
for (const check of checksFailed) console.log(`FAILED ${check}`)

const skipped = result.numPendingTests + result.numTodoTests
// A test file that cannot be loaded has no tests to count: it counts as one failure.
const testsFailed = result.numFailedTests || (exitCode === "0" ? 0 : 1)
const passed = result.numPassedTests + Number(checksPassed)
const failed = testsFailed + checksFailed.length
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`)
process.exitCode = failed ? 1 : 0

function readResult(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    console.error("vitest wrote no report: it ended before the tests")
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }
  }
}
