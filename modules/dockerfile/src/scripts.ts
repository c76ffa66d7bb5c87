// The scripts that run inside a container with Node, given to `node -e`.

/**
 * Lists what an image holds, as JSON on standard output: Debian and Alpine packages, Python distributions, npm packages, and the
 * modules that Go programs were built of. $1 is the folder with the image's files. `unread` counts what it does not read,
 * `machines` programs by what they run on.
 */
export const inventoryScript = String.raw`
const fs = require("node:fs"), { join } = require("node:path")
const root = process.argv[1]
const read = (path) => { try { return fs.readFileSync(join(root, path), "utf8") } catch { return "" } }
const list = (path) => { try { return fs.readdirSync(join(root, path)) } catch { return [] } }
const found = new Map(), unread = {}
const add = (ecosystem, type, name, version, more = {}) => {
  if (name && version) found.set([ecosystem, name, version, more.package || ""].join(" "), { ecosystem, type, name, version, ...more })
}
const count = (what) => { unread[what] = (unread[what] || 0) + 1 }
const fields = (text) => {
  const all = {}
  for (const line of text.split("\n")) { const m = /^([A-Za-z-]+):\s?(.*)$/.exec(line); if (m && !(m[1] in all)) all[m[1]] = m[2].trim() }
  return all
}
const release = {}
for (const line of (read("etc/os-release") || read("usr/lib/os-release")).split("\n")) {
  const m = /^([A-Z_]+)="?([^"]*)"?$/.exec(line.trim()); if (m) release[m[1]] = m[2]
}
const id = release.ID || "", version = release.VERSION_ID || ""
const os = id === "debian" ? "Debian:" + version.split(".")[0]
  : id === "ubuntu" ? "Ubuntu:" + version + (/LTS/.test(release.VERSION || "") ? ":LTS" : "")
  : id === "alpine" ? "Alpine:v" + version.split(".").slice(0, 2).join(".") : ""
const dpkg = [read("var/lib/dpkg/status")]
for (const file of list("var/lib/dpkg/status.d")) if (!file.endsWith(".md5sums")) dpkg.push(read("var/lib/dpkg/status.d/" + file))
for (const entry of dpkg.join("\n\n").split(/\n\s*\n/)) {
  const { Package, Version, Source = "", Status = "installed" } = fields(entry)
  if (!Package || !/installed$/.test(Status) || /not-installed$/.test(Status)) continue
  const m = /^(\S+)(?:\s+\((.+)\))?$/.exec(Source) || []
  add(os || "Debian", "deb", m[1] || Package, m[2] || Version, { package: Package, packageVersion: Version })
}
for (const entry of read("lib/apk/db/installed").split(/\n\s*\n/)) {
  const of = (key) => (new RegExp("^" + key + ":(.*)$", "m").exec(entry) || [])[1]
  if (of("P")) add(os || "Alpine", "apk", of("o") || of("P"), of("V"), { package: of("P"), packageVersion: of("V") })
}
const start = Buffer.from("3077af0c9274080241e1c107e6d618e6", "hex"), stop = Buffer.from("f932433186182072008242104116d8f2", "hex")
const goModules = (path, size) => {
  if (size > 1e9) return
  let data
  try { data = fs.readFileSync(path) } catch { return }
  const marker = data.indexOf("\xff Go buildinf:", 0, "latin1")
  if (marker < 0) return
  const from = data.indexOf(start), to = from < 0 ? -1 : data.indexOf(stop, from)
  const text = to < 0 ? "" : data.toString("utf8", from + 16, to)
  const go = /go(1\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)/.exec(data.toString("latin1", marker, marker + 64))
  if (go) add("Go", "golang", "stdlib", go[1])
  let last
  for (const line of text.split("\n")) {
    const [kind, name, version] = line.split("\t")
    if (kind === "dep") { last = name; if (/^v/.test(version || "")) add("Go", "golang", name, version) }
    if (kind === "=>" && last) {
      for (const [key, one] of found) if (one.ecosystem === "Go" && one.name === last && !one.kept) found.delete(key)
      if (/^v/.test(version || "")) add("Go", "golang", name, version)
    }
  }
}
const machines = {}, architectures = { 3: "386", 21: "ppc64le", 22: "s390x", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64" }
const machine = (path) => {
  const head = Buffer.alloc(20)
  try { const file = fs.openSync(path, "r"); fs.readSync(file, head, 0, 20, 0); fs.closeSync(file) } catch { return }
  if (head.readUInt32BE(0) !== 0x7f454c46) return
  const number = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18), name = architectures[number] || "machine " + number
  machines[name] = (machines[name] || 0) + 1
}
const skipped = new Set(["proc", "sys", "dev"])
const walk = (folder, below) => {
  let entries
  try { entries = fs.readdirSync(folder, { withFileTypes: true }) } catch { return }
  for (const entry of entries) {
    const path = join(folder, entry.name), at = below ? below + "/" + entry.name : entry.name
    if (entry.isSymbolicLink()) continue
    if (entry.isDirectory()) {
      if (below === "" && skipped.has(entry.name)) continue
      if (/\.(dist-info|egg-info)$/.test(entry.name)) {
        const text = read(at + "/METADATA") || read(at + "/PKG-INFO")
        const { Name, Version } = fields(text.split(/\n\s*\n/)[0])
        add("PyPI", "pypi", (Name || "").toLowerCase().replace(/[-_.]+/g, "-"), Version)
      }
      walk(path, at)
    } else if (entry.isFile()) {
      if (entry.name === "package.json" && /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(at)) {
        try { const { name, version } = JSON.parse(read(at)); add("npm", "npm", name, version) } catch { count("unreadable package.json") }
      } else if (/\.(jar|war|ear)$/.test(entry.name)) count("Java archives")
      else {
        const { mode, size } = fs.statSync(path)
        if (mode & 0o111 && size > 64) {
          machine(path)
          if (size > 100000) goModules(path, size)
        }
      }
    }
  }
}
walk(root, "")
const rpm = [...list("var/lib/rpm"), ...list("usr/lib/sysimage/rpm")]
if (rpm.some((file) => /^(rpmdb\.sqlite|Packages)/.test(file))) count("an rpm database")
const keyOf = (one) => [one.ecosystem, one.name, one.version, one.package || ""].join(" ")
const components = [...found.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
console.log(JSON.stringify({ os: release.PRETTY_NAME || "", components, unread, machines }))
`

/**
 * Queries an OSV database for the packages on standard input (JSON, queries of POST /v1/querybatch); $1 is its address. Prints
 * JSON: `answers`, the identifiers of each query's vulnerabilities, and `entries`, the vulnerabilities by identifier; or
 * `unreachable` with the reason.
 */
export const osvScript = String.raw`
const [address] = process.argv.slice(1)
const ask = async (path, body) => {
  let last
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const post = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }
      const options = { signal: AbortSignal.timeout(30000), ...(body ? post : {}) }
      const answer = await fetch(address + path, options)
      if (answer.ok) return await answer.json()
      last = "it answers " + answer.status
      if (answer.status < 500) break
    } catch (error) { last = (error.cause && (error.cause.message || error.cause.code)) || error.message }
  }
  throw new Error(last)
}
const main = async () => {
  const queries = JSON.parse(require("node:fs").readFileSync(0, "utf8"))
  const answers = queries.map(() => [])
  let open = queries.map((query, at) => ({ at, query }))
  while (open.length) {
    const some = open.splice(0, 500)
    const { results } = await ask("/v1/querybatch", { queries: some.map(({ query }) => query) })
    if (!Array.isArray(results) || results.length !== some.length) throw new Error("its answer has no result for each query")
    results.forEach((result, i) => {
      const { at, query } = some[i]
      answers[at].push(...((result && result.vulns) || []).map(({ id }) => id))
      if (result && result.next_page_token) open.push({ at, query: { ...query, page_token: result.next_page_token } })
    })
  }
  const entries = {}, ids = [...new Set(answers.flat())]
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let id = ids.shift(); id; id = ids.shift()) entries[id] = await ask("/v1/vulns/" + encodeURIComponent(id))
  }))
  return { answers, entries }
}
main().catch((error) => ({ unreachable: error.message })).then((result) => console.log(JSON.stringify(result)))
`
