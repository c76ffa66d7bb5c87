// Programs that run inside the container: node FILE SETTINGS, with the settings as JSON.

/**
 * Sends requests to each address every half second until it has answered correctly `times` times in a row, for at most
 * `wait` seconds. Each request uses a new connection, so that every replica behind a load balancer gets its turn.
 * Exit code 0 if all addresses are healthy, otherwise 1; /report/health.json holds what was observed.
 */
export const checkScript = `import { writeFileSync } from "node:fs"

const { urls, version, times, wait } = JSON.parse(process.argv[2])
const end = Date.now() + 1000 * wait
// Milliseconds for one request, also for one that begins just before the end: a shorter limit would hide the cause.
const patience = 5000
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

async function send(url) {
  try {
    const headers = { connection: "close", accept: "application/json, */*" }
    const response = await fetch(url, { redirect: "manual", headers, signal: AbortSignal.timeout(patience) })
    const body = await response.text()
    return { status: response.status, body: body.slice(0, 20000) }
  } catch (error) {
    if (error.name === "TimeoutError") return { trouble: "no answer within " + patience / 1000 + " s" }
    return { trouble: error.cause?.code || error.cause?.message || error.message }
  }
}

function shaOf(body) {
  try {
    const { sha } = JSON.parse(body) ?? {}
    return typeof sha === "string" ? sha : undefined
  } catch {
    return undefined
  }
}

/** What is wrong with a response; undefined if it is correct. */
function faultOf(url, { status, body, trouble }) {
  if (trouble) return "cannot be reached: " + trouble
  if (status !== 200) return "answers " + status + ", expected 200"
  if (version === "") return undefined
  const sha = shaOf(body)
  const isVersionPath = /\\/version(\\.json)?$/.test(new URL(url).pathname)
  if (sha === undefined) return isVersionPath ? "reports no version, expected " + version : undefined
  return sha === version ? undefined : "serves version " + sha + ", expected " + version
}

async function watch({ name, url }) {
  const started = Date.now()
  const seen = { name, url, healthy: false, requests: 0, seconds: 0, fault: "" }
  for (let row = 0; ; await pause(500)) {
    const response = await send(url)
    seen.requests++
    const fault = faultOf(url, response)
    if (response.body !== undefined) seen.sha = shaOf(response.body)
    if (fault !== undefined && fault !== seen.fault) console.log(name + ": " + fault)
    row = fault === undefined ? row + 1 : 0
    seen.fault = fault ?? ""
    if (row >= times) {
      seen.healthy = true
      break
    }
    if (Date.now() >= end) {
      seen.fault ||= "was healthy " + row + " times in a row, expected " + times
      break
    }
  }
  seen.seconds = (Date.now() - started) / 1000
  const verdict = seen.healthy ? "healthy after " + seen.seconds + " s" : seen.fault + " (tried for " + wait + " s)"
  console.log(name + ": " + verdict)
  return seen
}

const all = await Promise.all(urls.map(watch))
writeFileSync("/report/health.json", JSON.stringify(all, null, 1) + "\\n")
process.exit(all.every(({ healthy }) => healthy) ? 0 : 1)
`

/**
 * Sends a request to an address every `every` milliseconds, each over a new connection, and serves at `port` what came
 * back: the number of requests, and runs of responses of one kind in the order of the requests.
 * A response is good if its status is below 500 and it arrives within `timeout` milliseconds.
 */
export const probeScript = `import { createServer } from "node:http"

const { url, every, timeout, port } = JSON.parse(process.argv[2])
const results = []

async function send() {
  const at = Date.now() / 1000
  const index = results.push(undefined) - 1
  let good = false
  let last
  try {
    const headers = { connection: "close", "cache-control": "no-cache" }
    const response = await fetch(url, { redirect: "manual", headers, signal: AbortSignal.timeout(timeout) })
    await response.arrayBuffer()
    good = response.status < 500
    last = "answers " + response.status
  } catch (error) {
    last = error.cause?.code || error.cause?.message || error.message
    if (error.name === "TimeoutError") last = "no answer within " + timeout / 1000 + " s"
  }
  results[index] = { good, at, last }
}

function summary() {
  const finished = results.filter((result) => result)
  const runs = []
  for (const { good, at, last } of finished) {
    const run = runs.at(-1)
    if (run?.good === good) Object.assign(run, { to: at, count: run.count + 1, last })
    else runs.push({ good, from: at, to: at, count: 1, last })
  }
  return { requests: finished.length, runs }
}

setInterval(send, every)
const headers = { "content-type": "application/json" }
createServer((request, response) => response.writeHead(200, headers).end(JSON.stringify(summary()))).listen(port)
`
