// The program that runs inside the scanner's container, under node, which the scanner's image has.

/** Exit codes of the program, besides 0 for a complete analysis, whatever the gate says. */
export const codes = { refused: 4, unreachable: 7, notUp: 8, notDone: 9, scanner: 3 }

/**
 * node -e PROGRAM -- ARGUMENTS of sonar-scanner; settings come from the environment.
 * Waits for the server; on an ephemeral one it creates a token, a project and a gate with only the given conditions.
 * Then it scans, waits until the server has processed the analysis, and writes the gate's conditions, the most severe
 * issues and the hotspots to /report/sonarqube.json.
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
const administrator = "Basic " + Buffer.from("admin:admin").toString("base64")
const authorization = EPHEMERAL ? administrator : "Bearer " + process.env.SONAR_TOKEN

async function call(path, parameters = {}, { method = "GET", may = [] } = {}) {
  const query = new URLSearchParams(parameters)
  const signal = AbortSignal.timeout(60000)
  let response
  try {
    response = await fetch(host + path + "?" + query, { method, headers: { authorization }, signal })
  } catch (error) {
    stop(codes.unreachable, host + " cannot be reached: " + (error.cause?.message || error.message))
  }
  const text = await response.text()
  if (response.ok) return text ? JSON.parse(text) : {}
  if (may.includes(response.status)) return undefined
  if (response.status === 401) stop(codes.refused, host + " rejects the token (401)")
  if (response.status === 403) stop(codes.refused, "the token lacks a permission at " + host + " (403): " + path)
  let message = text.slice(0, 300)
  try { message = JSON.parse(text).errors.map(({ msg }) => msg).join("; ") } catch {}
  stop(1, host + path + " answers " + response.status + ": " + message)
}

async function up() {
  const end = Date.now() + 1000 * Number(WAIT)
  let last = "no answer", code = codes.unreachable
  do {
    try {
      const response = await fetch(host + "/api/system/status", { signal: AbortSignal.timeout(5000) })
      const { status } = await response.json().catch(() => ({ status: "HTTP " + response.status }))
      if (status === "UP") return
      last = "its status is " + status
      code = codes.notUp
    } catch (error) {
      last = error.cause?.message || error.cause?.code || error.message
    }
    await pause(0.5)
  } while (Date.now() < end)
  const trouble = code === codes.notUp ? " does not start: " : " cannot be reached: "
  stop(code, host + trouble + last + " (tried for " + WAIT + " s)")
}

async function prepare() {
  const project = { project: PROJECT, name: PROJECT, mainBranch: "main" }
  const post = { method: "POST" }
  await call("/api/projects/delete", { project: PROJECT }, { ...post, may: [404] })
  await call("/api/qualitygates/destroy", { name: "delivery" }, { ...post, may: [404] })
  await call("/api/projects/create", project, post)
  await call("/api/qualitygates/create", { name: "delivery" }, post)
  const { conditions = [] } = await call("/api/qualitygates/show", { name: "delivery" })
  for (const { id } of conditions) await call("/api/qualitygates/delete_condition", { id }, post)
  for (const condition of JSON.parse(CONDITIONS))
    await call("/api/qualitygates/create_condition", { gateName: "delivery", ...condition }, post)
  await call("/api/qualitygates/select", { gateName: "delivery", projectKey: PROJECT }, post)
  const token = { name: "run-" + Date.now(), type: "GLOBAL_ANALYSIS_TOKEN" }
  return (await call("/api/user_tokens/generate", token, post)).token
}

/** Runs the scanner; returns the id of the server's task and the URL of the project. */
async function scan(token) {
  const task = "/tmp/report-task.txt"
  const folders = ["-Dsonar.working.directory=/tmp/scannerwork", "-Dsonar.scanner.metadataFilePath=" + task]
  const args = ["-Dsonar.projectKey=" + PROJECT, ...folders, ...process.argv.slice(1)]
  const env = { ...process.env, SONAR_TOKEN: token, SONAR_HOST_URL: host }
  // Asynchronous: a scan may take longer than the server keeps an idle connection, and node has to see that it closed.
  const scanner = spawn("sonar-scanner", args, { stdio: ["ignore", "inherit", "inherit"], env })
  const [status, signal] = await once(scanner, "close").catch((error) => [error.message])
  if (status !== 0 || !fs.existsSync(task)) stop(codes.scanner, "sonar-scanner ended with " + (status ?? signal))
  const text = fs.readFileSync(task, "utf8")
  return { id: /^ceTaskId=(.+)$/m.exec(text)[1], dashboard: /^dashboardUrl=(.+)$/m.exec(text)?.[1] ?? "" }
}

/** Waits until the server has processed the task; returns the id of its analysis. */
async function processed(id) {
  const end = Date.now() + 1000 * Number(GATE_TIMEOUT)
  for (;;) {
    const { status, analysisId, errorMessage } = (await call("/api/ce/task", { id })).task
    if (status === "SUCCESS") return analysisId
    if (status === "FAILED" || status === "CANCELED")
      stop(1, "the server could not process the analysis: " + (errorMessage || status))
    const waited = "no answer of the quality gate within " + GATE_TIMEOUT + " s"
    if (Date.now() > end) stop(codes.notDone, waited + ": the analysis is " + status + " at " + host)
    await pause(1)
  }
}

async function main() {
  await up()
  if (!EPHEMERAL && !(await call("/api/authentication/validate")).valid)
    stop(codes.refused, host + " rejects the token: it is not valid there")
  const token = EPHEMERAL ? await prepare() : process.env.SONAR_TOKEN
  const { id, dashboard } = await scan(token)
  const gate = (await call("/api/qualitygates/project_status", { analysisId: await processed(id) })).projectStatus
  // A token that may send analyses need not be allowed to read findings: the gate is what counts.
  const may = [400, 403, 404]
  const worst = { resolved: "false", s: "SEVERITY", asc: "false", ps: "100" }
  const open = { components: PROJECT, componentKeys: PROJECT, ...worst }
  const issues = (await call("/api/issues/search", open, { may })) ?? { total: 0, issues: [] }
  const review = { project: PROJECT, projectKey: PROJECT, status: "TO_REVIEW", ps: "100" }
  const hotspots = await call("/api/hotspots/search", review, { may })
  const finding = ({ component, line = 0, impacts = [], ...issue }) => ({
    rule: issue.rule || issue.ruleKey,
    file: component.slice(component.indexOf(":") + 1),
    line,
    text: issue.message,
    severity: impacts[0]?.severity || issue.severity || issue.vulnerabilityProbability,
    quality: impacts[0]?.softwareQuality || "",
  })
  const report = {
    gate: gate.status,
    conditions: gate.conditions,
    dashboard: EPHEMERAL ? "" : dashboard,
    total: issues.total,
    issues: issues.issues.map(finding),
    hotspots: (hotspots?.hotspots ?? []).map(finding),
  }
  fs.writeFileSync("/report/sonarqube.json", JSON.stringify(report, null, 1))
}
main().catch((error) => stop(1, String(error.stack || error)))
`
