// What runs inside the container, given to bash -c as it stands.

/** Waits until something answers at $1, for at most $2 seconds (exit code 7 and a line that says so), then runs newman with the rest. The
 * JSON report is left without bodies of answers, long bodies of requests and the collection's own scripts: they would be most of it. */
export const runScript = `
url=$1; seconds=$2; shift 2
node -e '
const [url, seconds] = process.argv.slice(1)
const end = Date.now() + 1000 * seconds
let last = "no answer"
const attempt = async () => {
  for (;;) {
    try {
      const { status } = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(Math.max(100, Math.min(5000, end - Date.now()))) })
      if (status < 502 || status > 504) return
      last = "it answers " + status
    } catch (error) {
      last = error.cause?.message || error.cause?.code || error.message
    }
    if (Date.now() >= end) break
    await new Promise((done) => setTimeout(done, 250))
  }
  console.log(url + " cannot be reached: " + last + " (tried for " + seconds + " s)")
  process.exitCode = 7
}
attempt()
' "$url" "$seconds" || exit 7
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
