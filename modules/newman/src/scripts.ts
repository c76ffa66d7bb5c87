import { waitFor } from "./shared/wait"

// What runs inside the container, given to bash -c as it stands.

/** Waits for at most $2 seconds for the address $1 (exit code 7 and a line that says so), then runs newman with the rest. The JSON report is left
 * without bodies of answers, long bodies of requests and the collection's own scripts: they would be most of it. */
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
const left = { stream: true, event: true, stack: true, stacktrace: true }
const kept = (key, value) => {
  if (left[key]) return undefined
  if (key === "parent" || key === "source") return { name: value.name }
  return key === "raw" && String(value).length > 2000 ? String(value).slice(0, 2000) + "…" : value
}
fs.writeFileSync(file, JSON.stringify({ run: report.run }, kept, 1))
'
exit $code
`
