// What runs inside the scanner's container: a program for node, which the scanner's image has.

/** Exit codes of the program, beside 0 (all was asked and answered, whatever the gate says). */
export const codes = { refused: 4, unreachable: 7, notUp: 8, notDone: 9, scanner: 3 }

/**
 * Waits for the server; on an ephemeral one makes a token, a project and a gate with just the given conditions; scans; waits until the server has worked through the
 * analysis; and leaves the gate's answer, the worst issues and hotspots in /report/sonarqube.json. Everything comes from the environment, the arguments are the scanner's.
 */
export const analyzeProgram = `
const { spawn } = require("node:child_process")
const { once } = require("node:events")
const fs = require("node:fs")
const { SONAR_HOST_URL, EPHEMERAL, PROJECT, CONDITIONS = "[]", WAIT, GATE_TIMEOUT } = process.env
const host = SONAR_HOST_URL.replace(/\\/+$/, "")
const codes = ${JSON.stringify(codes)}
const stop = (code, text) => { console.log(text); process.exit(code) }
const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds))
let authorization = EPHEMERAL ? "Basic " + Buffer.from("admin:admin").toString("base64") : "Bearer " + process.env.SONAR_TOKEN

async function ask(path, parameters = {}, { method = "GET", may = [] } = {}) {
  const query = new URLSearchParams(parameters)
  let answer
  try {
    answer = await fetch(host + path + "?" + query, { method, headers: { authorization }, signal: AbortSignal.timeout(60000) })
  } catch (error) {
    stop(codes.unreachable, host + " cannot be reached: " + (error.cause?.message || error.message))
  }
  const text = await answer.text()
  if (answer.ok) return text ? JSON.parse(text) : {}
  if (may.includes(answer.status)) return undefined
  if (answer.status === 401) stop(codes.refused, host + " refuses the token (401)")
  if (answer.status === 403) stop(codes.refused, "the token may not do this at " + host + " (403): " + path)
  let said = text.slice(0, 300)
  try { said = JSON.parse(text).errors.map(({ msg }) => msg).join("; ") } catch {}
  stop(1, host + path + " answers " + answer.status + ": " + said)
}

async function up() {
  const end = Date.now() + 1000 * Number(WAIT)
  let last = "no answer", code = codes.unreachable
  do {
    try {
      const answer = await fetch(host + "/api/system/status", { signal: AbortSignal.timeout(5000) })
      const { status } = await answer.json().catch(() => ({ status: "HTTP " + answer.status }))
      if (status === "UP") return
      last = "its status is " + status
      code = codes.notUp
    } catch (error) {
      last = error.cause?.message || error.cause?.code || error.message
    }
    await pause(0.5)
  } while (Date.now() < end)
  stop(code, host + (code === codes.notUp ? " does not come up: " : " cannot be reached: ") + last + " (tried for " + WAIT + " s)")
}

async function prepare() {
  const project = { project: PROJECT, name: PROJECT, mainBranch: "main" }
  const post = { method: "POST" }
  await ask("/api/projects/delete", { project: PROJECT }, { ...post, may: [404] })
  await ask("/api/qualitygates/destroy", { name: "delivery" }, { ...post, may: [404] })
  await ask("/api/projects/create", project, post)
  await ask("/api/qualitygates/create", { name: "delivery" }, post)
  const { conditions = [] } = await ask("/api/qualitygates/show", { name: "delivery" })
  for (const { id } of conditions) await ask("/api/qualitygates/delete_condition", { id }, post)
  for (const { metric, op, error } of JSON.parse(CONDITIONS)) await ask("/api/qualitygates/create_condition", { gateName: "delivery", metric, op, error }, post)
  await ask("/api/qualitygates/select", { gateName: "delivery", projectKey: PROJECT }, post)
  const { token } = await ask("/api/user_tokens/generate", { name: "run-" + Date.now(), type: "GLOBAL_ANALYSIS_TOKEN" }, post)
  return token
}

async function main() {
  await up()
  if (!EPHEMERAL && !(await ask("/api/authentication/validate")).valid) stop(codes.refused, host + " refuses the token: it is not valid there")
  const token = EPHEMERAL ? await prepare() : process.env.SONAR_TOKEN
  const task = "/tmp/report-task.txt"
  // Without blocking: a scan may take longer than the server keeps an idle connection, and what was closed meanwhile must be noticed before the next question.
  const scan = spawn("sonar-scanner", ["-Dsonar.projectKey=" + PROJECT, "-Dsonar.working.directory=/tmp/scannerwork", "-Dsonar.scanner.metadataFilePath=" + task, ...process.argv.slice(1)], { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, SONAR_TOKEN: token, SONAR_HOST_URL: host } })
  const [status, signal] = await once(scan, "close").catch((error) => [error.message])
  if (status !== 0 || !fs.existsSync(task)) stop(codes.scanner, "sonar-scanner ended with " + (status ?? signal))
  const id = /^ceTaskId=(.+)$/m.exec(fs.readFileSync(task, "utf8"))[1]
  const dashboard = /^dashboardUrl=(.+)$/m.exec(fs.readFileSync(task, "utf8"))?.[1] ?? ""
  const end = Date.now() + 1000 * Number(GATE_TIMEOUT)
  let state
  for (;;) {
    state = (await ask("/api/ce/task", { id })).task
    if (state.status === "SUCCESS") break
    if (state.status === "FAILED" || state.status === "CANCELED") stop(1, "the server could not work through the analysis: " + (state.errorMessage || state.status))
    if (Date.now() > end) stop(codes.notDone, "the quality gate gave no answer within " + GATE_TIMEOUT + " s: the analysis is " + state.status + " at " + host)
    await pause(1)
  }
  const gate = (await ask("/api/qualitygates/project_status", { analysisId: state.analysisId })).projectStatus
  // A token that may send analyses need not be one that may read what they found: the gate is what counts.
  const may = [400, 403, 404]
  const issues = (await ask("/api/issues/search", { components: PROJECT, componentKeys: PROJECT, resolved: "false", s: "SEVERITY", asc: "false", ps: "100" }, { may })) ?? { total: 0, issues: [] }
  const hotspots = await ask("/api/hotspots/search", { project: PROJECT, projectKey: PROJECT, status: "TO_REVIEW", ps: "100" }, { may })
  const named = (component) => component.slice(component.indexOf(":") + 1)
  const one = ({ rule, ruleKey, component, line = 0, message, severity, vulnerabilityProbability, impacts = [] }) => ({ rule: rule || ruleKey, file: named(component), line, text: message, severity: impacts[0]?.severity || severity || vulnerabilityProbability, quality: impacts[0]?.softwareQuality || "" })
  fs.writeFileSync("/report/sonarqube.json", JSON.stringify({ gate: gate.status, conditions: gate.conditions, dashboard: EPHEMERAL ? "" : dashboard, total: issues.total, issues: issues.issues.map(one), hotspots: (hotspots?.hotspots ?? []).map(one) }, null, 1))
}
main().catch((error) => stop(1, String(error.stack || error)))
`
