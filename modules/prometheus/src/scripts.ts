// The programs that run inside the container.
import { waitFor } from "./shared/wait"

/**
 * bash -c SCRIPT NAME URL SECONDS COMMAND: waits up to SECONDS until the Prometheus at URL is ready (exit code 7 if it
 * does not become ready), then runs COMMAND.
 */
export const whenReady = `${waitFor}
url=$1; seconds=$2; shift 2
wait_for "$seconds" "Prometheus=$url/-/ready" || exit 7
"$@"
`

/**
 * node /opt/watch.mjs SETTINGS, with the settings as JSON. Evaluates every query each `interval` seconds for `window`
 * seconds and writes the samples to /report/samples.json. Ends early when a query exceeds its limit `failures` times in
 * a row, or when Prometheus rejects a query. A window that ends inside such a row continues until it is decided.
 */
export const watchScript = `import { writeFileSync } from "node:fs"

const { url, queries, window, interval, failures } = JSON.parse(process.argv[2])
const watched = { trouble: "", queries: queries.map((query) => ({ ...query, samples: [] })) }
const rows = queries.map(() => 0)
const most = Math.floor(window / interval) + 1
const started = Date.now()

/** The data of a response, { trouble } for a query that Prometheus rejects, or { why } there is no data. */
async function fetchData(query) {
  let response, body
  try {
    const signal = AbortSignal.timeout(1000 * Math.min(10, Math.max(2, interval)))
    response = await fetch(url + "/api/v1/query", { method: "POST", body: new URLSearchParams({ query }), signal })
    body = await response.text()
  } catch (error) {
    if (error.name === "TimeoutError") return { why: "Prometheus did not answer in time" }
    return { why: "Prometheus cannot be reached: " + (error.cause?.code || error.cause?.message || error.message) }
  }
  const { status } = response
  let json
  try {
    json = JSON.parse(body)
  } catch {
    return { why: "Prometheus answered " + status + " and no JSON" }
  }
  if (status === 400) return { trouble: "Prometheus answered 400 " + json.errorType + ": " + json.error }
  if (status !== 200 || json.status !== "success")
    return { why: "Prometheus answered " + status + (json.error ? ": " + json.error : "") }
  return json.data ? { data: json.data } : { why: "Prometheus answered without data" }
}

/** The largest number in the response to a query, otherwise { trouble } or { why } as above. */
async function evaluate(query) {
  const { data, ...none } = await fetchData(query)
  if (!data) return none
  const { resultType, result } = data
  if (resultType !== "vector" && resultType !== "scalar")
    return { trouble: "the query gives a " + resultType + "; a vector or a scalar is expected" }
  if (resultType === "vector" && result.some((series) => !series.value))
    return { trouble: "the query gives a native histogram; a number of it, such as histogram_quantile, is expected" }
  const texts = resultType === "scalar" ? [result[1]] : result.map((series) => series.value[1])
  if (texts.length === 0) return { why: "no data" }
  const infinite = { "+Inf": Infinity, "-Inf": -Infinity }
  const numbers = texts.map((text) => infinite[text] ?? Number(text)).filter((number) => !Number.isNaN(number))
  return numbers.length === 0 ? { why: "NaN" } : { value: Math.max(...numbers) }
}

for (let i = 0; i < most || (i < most + failures - 1 && rows.some((row) => row > 0)); i++) {
  await new Promise((done) => setTimeout(done, Math.max(0, started + 1000 * i * interval - Date.now())))
  const at = new Date().toISOString()
  const answers = await Promise.all(queries.map(({ query }) => evaluate(query)))
  for (const [n, { value = null, why = "", trouble = "" }] of answers.entries()) {
    const { name, limit, samples } = watched.queries[n]
    samples.push({ at, value, why: why || trouble })
    if (trouble !== "") watched.trouble ||= name + ": " + trouble
    if (value !== null) rows[n] = value > limit ? rows[n] + 1 : 0
    const shown = value === null ? why || trouble : value + (value > limit ? " > " + limit : "")
    console.log(at + " " + name + " " + shown)
  }
  // JSON has no infinity.
  const finite = (_, value) => (value === Infinity ? 1e308 : value === -Infinity ? -1e308 : value)
  writeFileSync("/report/samples.json", JSON.stringify(watched, finite, 1) + "\\n")
  if (watched.trouble !== "" || rows.some((row) => row >= failures)) break
}
`

/**
 * bash -c SCRIPT: checks the rules in all files of the working directory, then runs the tests in *.test.yaml; exits
 * with the first exit code that is not 0.
 */
export const rulesScript = `
shopt -s nullglob globstar
rules=(); tests=()
for file in **/*.yaml **/*.yml; do
  case "$file" in *.test.yaml|*.test.yml) tests+=("$file") ;; *) rules+=("$file") ;; esac
done
if [ \${#rules[@]} = 0 ]; then echo "no rule files found (*.yaml or *.yml, without *.test.yaml)"; exit 1; fi
promtool check rules --lint-fatal "\${rules[@]}" || exit
[ \${#tests[@]} = 0 ] || promtool test rules "\${tests[@]}"
`
