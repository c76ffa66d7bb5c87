import { waitFor } from "./shared/wait"

/**
 * The script that runs inside the container: bash -c SCRIPT newman URL SECONDS ARGUMENTS.
 * Waits up to SECONDS for URL (exit code 7 if it does not answer) and runs newman with the arguments. Removes response
 * bodies, long request bodies and the collection's scripts from the JSON report: they would be most of it.
 */
export const runScript = `${waitFor}
url=$1; seconds=$2; shift 2
wait_for "$seconds" "=$url" || exit 7
newman run "$@"
code=$?
node -e '
const fs = require("fs")
const file = "/report/newman.json"
if (!fs.existsSync(file)) process.exit()
const report = JSON.parse(fs.readFileSync(file, "utf8"))
const dropped = { stream: true, event: true, stack: true, stacktrace: true }
const shorten = (key, value) => {
  if (dropped[key]) return undefined
  if (key === "parent" || key === "source") return { name: value.name }
  return key === "raw" && String(value).length > 2000 ? String(value).slice(0, 2000) + "…" : value
}
fs.writeFileSync(file, JSON.stringify({ run: report.run }, shorten, 1))
'
exit $code
`
