import { waitFor } from "./shared/wait"

// What runs inside the container.

/** Given to bash -c: waits for at most $2 seconds until the Prometheus at $1 is ready (exit code 7 and a line that says so), then runs the rest. */
export const whenReady = `${waitFor}
url=$1; seconds=$2; shift 2
wait_for "$seconds" "Prometheus=$url/-/ready" || exit 7
"$@"
`

/**
 * The file /opt/watch.mjs: node /opt/watch.mjs SETTINGS, with the settings as JSON. Asks every query each `interval` seconds for `window` seconds,
 * and leaves the numbers in /report/samples.json. Ends early when a query is over its limit `failures` times in a row, or when Prometheus does
 * not understand one. A window that ends inside such a row goes on until it is decided.
 */
export const watchScript = `import { writeFileSync } from "node:fs"

const { url, queries, window, interval, failures } = JSON.parse(process.argv[2])
const watched = { trouble: "", queries: queries.map((query) => ({ ...query, samples: [] })) }
const rows = queries.map(() => 0)
const most = Math.floor(window / interval) + 1
const started = Date.now()

/** The largest number of an answer, { trouble } for a query that is not understood, or { why } there is no number. */
async function ask(query) {
  let answer, body
  try {
    answer = await fetch(url + "/api/v1/query", { method: "POST", body: new URLSearchParams({ query }), signal: AbortSignal.timeout(1000 * Math.min(10, Math.max(2, interval))) })
    body = await answer.text()
  } catch (error) {
    return { why: error.name === "TimeoutError" ? "Prometheus did not answer in time" : "Prometheus cannot be reached: " + (error.cause?.code || error.cause?.message || error.message) }
  }
  let said
  try {
    said = JSON.parse(body)
  } catch {
    return { why: "Prometheus answered " + answer.status + " and no JSON" }
  }
  if (answer.status === 400) return { trouble: "Prometheus answered 400 " + said.errorType + ": " + said.error }
  if (answer.status !== 200 || said.status !== "success") return { why: "Prometheus answered " + answer.status + (said.error ? ": " + said.error : "") }
  const { resultType, result } = said.data
  if (resultType !== "vector" && resultType !== "scalar") return { trouble: "the query gives a " + resultType + "; a vector or a scalar is expected" }
  const texts = resultType === "scalar" ? [result[1]] : result.map((series) => series.value[1])
  if (texts.length === 0) return { why: "no data" }
  const numbers = texts.map((text) => ({ "+Inf": Infinity, "-Inf": -Infinity })[text] ?? Number(text)).filter((number) => !Number.isNaN(number))
  return numbers.length === 0 ? { why: "NaN" } : { value: Math.max(...numbers) }
}

for (let i = 0; i < most || (i < most + failures - 1 && rows.some((row) => row > 0)); i++) {
  await new Promise((done) => setTimeout(done, Math.max(0, started + 1000 * i * interval - Date.now())))
  const at = new Date().toISOString()
  const answers = await Promise.all(queries.map(({ query }) => ask(query)))
  for (const [n, { value = null, why = "", trouble = "" }] of answers.entries()) {
    const { name, limit, samples } = watched.queries[n]
    samples.push({ at, value, why: why || trouble })
    if (trouble !== "") watched.trouble ||= name + ": " + trouble
    if (value !== null) rows[n] = value > limit ? rows[n] + 1 : 0
    console.log(at + " " + name + " " + (value === null ? why || trouble : value + (value > limit ? " > " + limit : "")))
  }
  // JSON has no infinity.
  const finite = (_, value) => (value === Infinity ? 1e308 : value === -Infinity ? -1e308 : value)
  writeFileSync("/report/samples.json", JSON.stringify(watched, finite, 1) + "\\n")
  if (watched.trouble !== "" || rows.some((row) => row >= failures)) break
}
`

/** Given to bash -c: checks the rules of all files in the folder, then runs the tests in *.test.yaml, and ends with the first exit code that is not 0. */
export const rulesScript = `
shopt -s nullglob globstar
rules=(); tests=()
for file in **/*.yaml **/*.yml; do
  case "$file" in *.test.yaml|*.test.yml) tests+=("$file") ;; *) rules+=("$file") ;; esac
done
if [ \${#rules[@]} = 0 ]; then echo "there is no file of rules (*.yaml or *.yml, but not *.test.yaml)"; exit 1; fi
promtool check rules --lint-fatal "\${rules[@]}" || exit
[ \${#tests[@]} = 0 ] || promtool test rules "\${tests[@]}"
`
