// Each fault that a pull request can have is seeded into a copy of a good repository: the pipeline has to be red for the right
// reason, say it in the first line, and still have every other stage's result and report.
// inputs: ci modules dagger.json test/pipeline/shop.ts services/frontend
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { XMLParser } from "fast-xml-parser"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { dagger } from "../sdk/dagger"
import { Shop, filesIn, ranIn, repository, root, stageNames, type Run } from "./shop"

/** A GitHub token that was never one: put together here, so that no committed file looks like it holds a secret. */
const token = ["ghp", "_", "x7Kq2VbN9mRt4Lw", "Z8cYp3Hs6Dj1FgAe0UiOk5"].join("").slice(0, 40)

let shop: Shop
let runs: Run[] = []

beforeEach(() => {
  shop = new Shop()
})
afterEach(() => {
  shop.close()
  for (const run of runs) rmSync(run.reports, { recursive: true, force: true })
  runs = []
})

async function pr(...args: string[]): Promise<Run> {
  const run = await shop.pr(...args)
  runs.push(run)
  return run
}

/** What a stage says that has nothing to do with a fault: it passed, or has nothing to judge. */
function asUsual(name: string): unknown[] {
  if (name === "quality") return ["notApplicable", "delivery.yaml has no gates.quality"]
  const nothing: Record<string, string> = {
    "lint:helm": "there is no Chart.yaml",
    "lint:terraform": "there is no *.tf, *.tofu, *.tf.json or *.tofu.json",
    "lint:golangci": "no Go service has a .golangci.yml, .yaml, .toml or .json, in its folder or above",
  }
  if (nothing[name]) return ["notApplicable", nothing[name]]
  if (name === "coverage:changed")
    return [
      expect.stringMatching(/^(passed|notApplicable)$/),
      expect.stringMatching(
        /^(\d+ lines differ from|there is no commit before HEAD|no line that tests could run differs|no coverage of)/,
      ),
    ]
  // Whether a vulnerability database can be asked is the machine's affair.
  if (name === "dependencies") return [expect.stringMatching(/^(passed|inconclusive)$/), expect.any(String)]
  if (name === "coverage:total") return [expect.stringMatching(/^(passed|notApplicable)$/), expect.any(String)]
  return ["passed", expect.any(String)]
}

/** Red because of these stages and no other; each of the others passed and has its report. */
function expectRed(run: Run, reasons: Record<string, RegExp>): void {
  expect(Object.keys(run.stages), run.output.slice(-3000)).toEqual(stageNames)
  for (const [name, reason] of Object.entries(reasons)) {
    expect(run.stages[name], name).toMatchObject({ status: "failed" })
    expect(run.stages[name]!.reason, name).toMatch(reason)
    const row = run.table.split("\n").find((line) => line.startsWith(`${name} `))
    expect(row, run.table).toMatch(reason)
  }
  for (const name of stageNames.filter((stage) => !(stage in reasons)))
    expect([run.stages[name]!.status, run.stages[name]!.reason], name).toEqual(asUsual(name))
  expect(run.passed).toBe(false)
  expect(run.table.split("\n").at(-1)).toMatch(new RegExp(`^RED.*${Object.keys(reasons).length} failed`))
  expectReports(run, Object.keys(reasons))
}

/** The reports of every stage are there, those of failed ones too. */
function expectReports(run: Run, failed: string[]): void {
  const all = filesIn(run.reports)
  expect(all).toEqual(
    expect.arrayContaining([
      "index.html",
      "summary.md",
      "result.json",
      "junit.xml",
      "findings.sarif",
      "secrets/junit.xml",
      "secrets/secrets.json",
      "secrets/secrets.sarif",
      "dependencies/sbom.cdx.json",
      "dependencies/licences.txt",
    ]),
  )
  for (const name of stageNames.filter(
    (stage) => !/^(secrets|dependencies|quality|coverage:.*|lint:(helm|terraform|golangci))$/.test(stage),
  )) {
    const folder = name === "sast:go" ? "sast/go/services-api" : name.replace(":", "/")
    expect(
      all.some((file) => file === `${folder}/output.txt`),
      `${folder} in ${all.join(" ")}`,
    ).toBe(true)
  }
  for (const file of all.filter((path) => path.endsWith("junit.xml"))) {
    const xml = new XMLParser({ ignoreAttributes: false }).parse(readFileSync(join(run.reports, file), "utf8")) as {
      testsuites?: unknown
    }
    expect(xml.testsuites, file).toBeDefined()
  }
  const markdown = readFileSync(join(run.reports, "summary.md"), "utf8")
  for (const name of failed) expect(markdown).toContain(`| ${name} |`)
}

describe("a good repository", () => {
  it("is green, with every stage's result and report", async () => {
    const run = await pr()
    expect(run.table, run.output.slice(-3000)).toMatch(/^GREEN/m)
    expect(run.exitCode).toBe(0)
    expect(Object.values(run.stages).map(({ name, status, reason }) => [name, status, reason])).toEqual(
      stageNames.map((name) => [name, ...asUsual(name)]),
    )
    expect(run.stages["coverage:total"]).toMatchObject({ status: "passed", limit: 80 })
    expect(run.stages["api:test"]).toMatchObject({ value: 100, limit: 80 })
    expectReports(run, [])
    expect(filesIn(run.reports)).toEqual(
      expect.arrayContaining([
        "api/test/junit.xml",
        "api/test/coverage.out",
        "frontend/test/junit.xml",
        "frontend/test/coverage/lcov.info",
      ]),
    )

    const verdict = await dagger(["call", "--silent", "-m", root, `--source=${shop.root}`, "pr", "verdict"], {
      cwd: repository,
    })
    expect(verdict).toMatchObject({ code: 0, stdout: expect.stringContaining("GREEN") })
  })

  it("leaves stages out by name, and says so", async () => {
    const run = await pr("--only=api", "--skip=build")
    const status = (name: string) => run.stages[name]!.status
    expect(stageNames.filter((name) => status(name) === "passed")).toEqual(["api:lint", "api:test"])
    const skipped = stageNames.length - 2
    expect(stageNames.filter((name) => status(name) === "skipped")).toHaveLength(skipped)
    expect(run.table).toMatch(new RegExp(`GREEN.*${skipped} skipped`))
  })

  it("is red when nothing ran, and names what may be left out", async () => {
    const nothing = await pr("--only=api", "--skip=api")
    expect(nothing.passed).toBe(false)
    expect(nothing.table).toMatch(/RED.*nothing ran/)
    const unknown = await pr("--only=apo")
    expect(unknown.exitCode).not.toBe(0)
    expect(unknown.output).toMatch(/apo.*no such stage.*api:lint/)
  })
})

describe("secrets", () => {
  it("in the tree: file, line and rule, redacted everywhere", async () => {
    shop.write("services/api/config.txt", `# a comment\ntoken = "${token}"\n`)
    const run = await pr()
    expectRed(run, { secrets: /services\/api\/config\.txt:2 github-pat/ })
    expect(run.output).not.toContain(token)
    for (const file of filesIn(run.reports))
      expect(readFileSync(join(run.reports, file), "utf8"), file).not.toContain(token)
  })

  it("in the history only: the commit too", async () => {
    shop.write("notes.txt", `token = "${token}"\n`)
    shop.commit("Add notes")
    const commit = shop.git("rev-parse", "HEAD").trim()
    shop.remove("notes.txt")
    shop.commit("Remove notes")
    const run = await pr()
    expectRed(run, { secrets: new RegExp(`notes\\.txt:1 github-pat in commit ${commit.slice(0, 10)}`) })
  })

  it("in a program and in a Dockerfile: no tool that quotes its input prints or reports them", async () => {
    const main = "services/api/main.go"
    shop.write(main, `${shop.read(main)}\nvar password = "${token}"\n`)
    shop.write("services/api/Dockerfile", `FROM golang:1.26.8-bookworm\nENV TOKEN=${token}\n`)
    const run = await pr()
    expect(run.passed).toBe(false)
    expect(run.stages["sast:go"]).toMatchObject({ status: "failed", reason: expect.stringContaining("main.go") })
    expect(run.output.split("\n").filter((line) => line.includes(token))).toEqual([])
    for (const file of filesIn(run.reports))
      expect(readFileSync(join(run.reports, file), "utf8"), file).not.toContain(token)
  })

  it("in a file that git ignores are nobody's business", async () => {
    shop.write(".env", `token = "${token}"\n`)
    expect((await pr("--only=secrets")).stages.secrets).toMatchObject({ status: "passed" })
  })

  it("cannot be looked for in a shallow clone", async () => {
    shop.write("README.md", "A better shop.\n")
    shop.commit("Better")
    const clone = `${shop.root}-shallow`
    execFileSync("git", ["clone", "--quiet", "--depth=1", `file://${shop.root}`, clone])
    try {
      const { stdout } = await dagger(
        ["call", "--silent", "-m", root, `--source=${clone}`, "pr", "--only=secrets", "summary"],
        { cwd: repository },
      )
      expect(stdout).toMatch(/secrets +✘ failed.*shallow clone/)
    } finally {
      rmSync(clone, { recursive: true, force: true })
    }
  })
})

describe("what is no service", () => {
  const chart = "test/fixtures/lint/charts/wrong"
  it("has a key twice, a chart that fails with one environment's values, unformatted Terraform; each can be fixed", async () => {
    for (const file of ["Chart.yaml", "values.yaml", "values-prod.yaml", "templates/config.yaml"])
      shop.write(`charts/wrong/${file}`, readFileSync(join(repository, chart, file), "utf8"))
    shop.write(
      "delivery.yaml",
      `${shop.read("delivery.yaml")}chart: charts/wrong\nenvironments:\n  prod: { appMode: production, appUrl: "https://app.example.com", cluster: shop, region: eu-central-1, namespace: prod, values: values-prod.yaml }\n`,
    )
    shop.write("menu.yaml", "dish: soup\nprice: 450\nprice: 540\n")
    shop.write("network/main.tf", 'terraform {\n    required_version = ">= 1.11"\n}\n')
    const run = await pr("--only=lint")
    expect(
      Object.fromEntries(
        ["lint:yaml", "lint:helm", "lint:terraform", "lint:golangci", "api:lint"].map((name) => [
          name,
          [run.stages[name]!.status, run.stages[name]!.reason],
        ]),
      ),
    ).toEqual({
      "lint:yaml": ["failed", 'menu.yaml:3 duplication of key "price" in mapping [key-duplicates]'],
      "lint:helm": [
        "failed",
        "charts/wrong/templates/config.yaml:6 at <index .Values.prices 0>: error calling index: reflect: slice index out of range " +
          "(with charts/wrong/values-prod.yaml) [template]",
      ],
      "lint:terraform": ["failed", "network/main.tf:2 is not formatted [fmt]"],
      "lint:golangci": ["notApplicable", expect.stringContaining("no Go service has a .golangci.yml")],
      "api:lint": ["passed", expect.any(String)],
    })
    expect(filesIn(run.reports)).toEqual(
      expect.arrayContaining(["lint/yaml/yamllint.sarif", "lint/helm/helm.sarif", "lint/terraform/terraform.sarif"]),
    )
    const rules = (
      JSON.parse(readFileSync(join(run.reports, "findings.sarif"), "utf8")) as {
        runs: { results: { ruleId: string }[] }[]
      }
    ).runs.flatMap(({ results }) => results.map(({ ruleId }) => ruleId))
    expect(rules).toEqual(expect.arrayContaining(["key-duplicates", "template", "fmt"]))
  })

  it("may be suppressed or left out by delivery.yaml", async () => {
    shop.write("menu.yaml", "dish: soup\nprice: 450\nprice: 540\n")
    shop.write("network/main.tf", 'terraform {\n    required_version = ">= 1.11"\n}\n')
    shop.write(
      "delivery.yaml",
      `${shop.read("delivery.yaml")}gates:\n  lint: { exclusions: [network/**] }\nsuppressions:\n` +
        "  - { rule: key-duplicates, path: menu.yaml, reason: the last price is meant, until: 2099-01-01 }\n",
    )
    const run = await pr("--only=lint:yaml", "--only=lint:terraform")
    expect(run.stages["lint:yaml"]).toMatchObject({ status: "passed", reason: "no finding that counts: 1 suppressed" })
    expect(run.stages["lint:terraform"]).toMatchObject({
      status: "notApplicable",
      reason: "there is no *.tf, *.tofu, *.tf.json or *.tofu.json",
    })
  })

  it("an edit of another file looks at none of it again", async () => {
    shop.write("network/main.tf", "terraform {\n}\n")
    shop.write(
      "charts/good/Chart.yaml",
      readFileSync(join(repository, "test/fixtures/lint/charts/good/Chart.yaml"), "utf8"),
    )
    expect((await pr("--only=lint:yaml", "--only=lint:terraform", "--only=lint:helm")).passed).toBe(true)
    shop.write("README.md", "Another shop.\n")
    const again = await pr("--only=lint:yaml", "--only=lint:terraform", "--only=lint:helm")
    expect(again.passed).toBe(true)
    expect(ranIn(again)).toEqual([])
  })

  it("is mended by fix, with what is ill-formatted in Go and JavaScript, and is green then", async () => {
    shop.write("services/api/price/price.go", shop.read("services/api/price/price.go").replace("\treturn", "  return"))
    shop.write("services/frontend/src/ill.ts", "let price = 450\nexport const dish = { price }\n")
    shop.write("network/main.tf", 'terraform {\n    required_version = ">= 1.11"\n}\n')
    const { code, stderr } = await dagger(
      ["call", "--silent", "-m", root, `--source=${shop.root}`, "fix", "export", `--path=${shop.root}`],
      { cwd: repository, seconds: 570 },
    )
    expect(code, stderr).toBe(0)
    expect(
      shop
        .git("status", "--short", "--untracked-files=all")
        .split("\n")
        .sort()
        .filter((line) => line !== ""),
    ).toEqual(["?? network/main.tf", "?? services/frontend/src/ill.ts"])
    expect(shop.read("services/frontend/src/ill.ts")).toContain("const price = 450")
    expect(shop.read("network/main.tf")).toBe('terraform {\n  required_version = ">= 1.11"\n}\n')
    const run = await pr("--only=lint")
    expect(run.table, run.output.slice(-3000)).toMatch(/^GREEN/m)
  })
})

describe("Go", () => {
  it("that is not formatted", async () => {
    shop.write("services/api/price/price.go", shop.read("services/api/price/price.go").replace("\treturn", "  return"))
    expectRed(await pr(), { "api:lint": /gofmt: services\/api\/price\/price\.go is not formatted/ })
  })

  it("that vet complains of", async () => {
    shop.write(
      "services/api/main.go",
      shop
        .read("services/api/main.go")
        .replace("fmt.Println(price.WithTax(100))", 'fmt.Printf("%s\\n", price.WithTax(100))'),
    )
    expectRed(await pr(), { "api:lint": /vet: services\/api\/main\.go:10:\d+: .*Printf/ })
  })

  it("whose test fails", async () => {
    shop.write("services/api/price/price.go", shop.read("services/api/price/price.go").replace("*19/100", "*20/100"))
    const run = await pr()
    expectRed(run, {
      "api:test": /services\/api\/price: TestWithTax: price_test\.go:7: WithTax\(100\) = 120, want 119/,
    })
    expect(readFileSync(join(run.reports, "api/test/junit.xml"), "utf8")).toContain("want 119")
    expect(existsSync(join(run.reports, "api/test/coverage.out"))).toBe(true)
    const verdict = await dagger(["call", "--silent", "-m", root, `--source=${shop.root}`, "pr", "verdict"], {
      cwd: repository,
    })
    expect(verdict.code).not.toBe(0)
    expect(verdict.stderr).toContain("TestWithTax")
  })

  it("whose test hangs: the time-out names it", async () => {
    shop.write("delivery.yaml", `${shop.read("delivery.yaml")}timeouts: { test: 20 }\n`)
    shop.write(
      "services/api/price/hang_test.go",
      'package price\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestHang(t *testing.T) { time.Sleep(time.Hour) }\n',
    )
    const run = await pr("--only=api:test")
    expect(run.stages["api:test"]).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/TestHang timed out after/),
    })
    expect(run.passed).toBe(false)
  })

  it("without a test, and with too few", async () => {
    shop.remove("services/api/price/price_test.go")
    shop.remove("services/api/main_test.go")
    const none = await pr("--only=api:test")
    expect(none.stages["api:test"]).toMatchObject({
      status: "notApplicable",
      reason: expect.stringContaining("no test"),
    })
    expect(none.table).toMatch(/RED.*nothing ran/)
    shop.write(
      "services/api/price/price_test.go",
      'package price\n\nimport "testing"\n\nfunc TestNothing(t *testing.T) {}\n',
    )
    const few = await pr("--only=api:test")
    expect(few.stages["api:test"]).toMatchObject({
      status: "failed",
      value: 0,
      limit: 80,
      reason: expect.stringMatching(/coverage 0 % is below 80 %/),
    })
  })

  it("that does not compile", async () => {
    shop.write(
      "services/api/price/price.go",
      shop.read("services/api/price/price.go").replace("return cents", 'return "x" + cents'),
    )
    const where = /services\/api\/price\/price\.go:6:\d+: .*mismatched types/
    expectRed(await pr(), {
      "api:lint": /price\.go:6/,
      "api:test": /services\/api\/price\/price\.go:6/,
      "api:build": where,
      "sast:go": /services\/api\/price\/price\.go:6/,
    })
  })

  it("that staticcheck complains of", async () => {
    shop.write("services/api/price/price.go", `${shop.read("services/api/price/price.go")}\nfunc forgotten() {}\n`)
    const run = await pr("--only=api:lint")
    expect(run.stages["api:lint"]).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(
        /^staticcheck: services\/api\/price\/price\.go:9:6: func forgotten is unused \(U1000\)/,
      ),
    })
    expect(readFileSync(join(run.reports, "findings.sarif"), "utf8")).toContain('"uri": "services/api/price/price.go"')
    expect(readFileSync(join(run.reports, "index.html"), "utf8")).toContain(
      '<span class="here"><b>9</b> func forgotten() {}',
    )
  })

  it("whose test panics", async () => {
    shop.write(
      "services/api/price/panic_test.go",
      'package price\n\nimport "testing"\n\nfunc TestPanics(t *testing.T) {\n\tvar prices map[string]int\n\tprices["tea"] = 1\n}\n',
    )
    const run = await pr("--only=api:test")
    expect(run.stages["api:test"]).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/TestPanics: panic: assignment to entry in nil map at panic_test\.go:7/),
    })
  })
})

describe("changed lines", () => {
  it("that no test runs, on a branch whose coverage is good as a whole", async () => {
    shop.write("delivery.yaml", `${shop.read("delivery.yaml")}gates: { coverage: { service: 1, total: 50 } }\n`)
    shop.commit("Ask for little")
    shop.git("checkout", "--quiet", "-b", "feature/discount")
    shop.write(
      "services/api/price/price.go",
      `${shop.read("services/api/price/price.go")}\n// Discount takes a tenth off.\nfunc Discount(cents int) int {\n\treturn cents - cents/10\n}\n`,
    )
    const run = await pr("--only=test", "--only=coverage", "--base=main")
    expect(run.stages["coverage:changed"]).toMatchObject({
      status: "failed",
      value: 0,
      limit: 80,
      reason: expect.stringMatching(
        /^no test runs services\/api\/price\/price\.go:10 \(3 of 3 lines that differ from main \([0-9a-f]{10}\)\)$/,
      ),
    })
    expect(run.stages["coverage:total"]).toMatchObject({ status: "passed" })
    expect(run.passed).toBe(false)
  })
  it("beside which all services together have too little", async () => {
    shop.write("delivery.yaml", `${shop.read("delivery.yaml")}gates: { coverage: { total: 100 } }\n`)
    const run = await pr("--only=test", "--only=coverage")
    expect(run.stages["coverage:total"]).toMatchObject({
      status: "failed",
      limit: 100,
      reason: expect.stringMatching(
        /^coverage [\d.]+ % of all services is below 100 %; most is missing in services\/frontend\//,
      ),
    })
  })
})

describe("security flaws", () => {
  const file = "services/api/orders.go"
  const flaw = [
    "package main",
    "",
    "import (",
    '\t"database/sql"',
    '\t"net/http"',
    ")",
    "",
    "// Orders has a hole.",
    "func Orders(db *sql.DB, r *http.Request) (*sql.Rows, error) {",
    '\treturn db.Query("SELECT id FROM orders WHERE customer = \'" + r.FormValue("customer") + "\'") // #nosec',
    "}",
    "",
  ].join("\n")
  const suppressed = (until: string) =>
    `suppressions:\n  - { rule: G701, path: ${file}, reason: "the column is checked by the caller", until: ${until} }\n`

  it("in Go, also where a comment wants them silent", async () => {
    shop.write(file, flaw)
    const run = await pr("--only=sast")
    expect(run.stages["sast:go"]).toMatchObject({
      status: "failed",
      value: 1,
      limit: 0,
      reason: expect.stringMatching(/^services\/api\/orders\.go:10 SQL injection via taint analysis.*\[G701\]$/),
    })
    expect(run.stages["sast:js"]).toMatchObject({ status: "passed" })
  })
  it("that are suppressed for a while, and no longer", async () => {
    shop.write(file, flaw)
    const config = shop.read("delivery.yaml")
    shop.write("delivery.yaml", `${config}${suppressed("2999-12-31")}`)
    expect((await pr("--only=sast:go")).stages["sast:go"]).toMatchObject({
      status: "passed",
      value: 0,
      reason: "no finding that counts: 1 suppressed",
    })
    shop.write("delivery.yaml", `${config}${suppressed("2020-01-31")}`)
    expect((await pr("--only=sast:go")).stages["sast:go"]).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(
        /\[G701\]; its suppression ended on 2020-01-31: the column is checked by the caller$/,
      ),
    })
  })
  it("in JavaScript", async () => {
    shop.write(
      "services/frontend/src/run.ts",
      "export function run(text: string): unknown {\n  return eval(text) // eslint-disable-line\n}\n",
    )
    expect((await pr("--only=sast:js")).stages["sast:js"]).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/^services\/frontend\/src\/run\.ts:2 .*\[sonarjs\/code-eval\]$/),
    })
  })
})

describe("known vulnerabilities of dependencies", () => {
  // A stand-in of Go's database with a made-up flaw of log/syslog; for npm there is none.
  const config = (more = ""): string =>
    `gates:\n  dependencies: { database: { go: vulndb, npm: "http://127.0.0.1:9" }${more} }\n`
  const logging =
    'package main\n\nimport "log/syslog"\n\n// Log opens the log.\nfunc Log() (*syslog.Writer, error) { return syslog.New(syslog.LOG_INFO, "api") }\n'
  const run = async (gates: string) => {
    shop.write("delivery.yaml", `${plain}${gates}`)
    return (await pr("--only=dependencies")).stages["dependencies"]
  }
  let plain = ""
  beforeEach(() => {
    plain = shop.read("delivery.yaml")
    cpSync(join(repository, "test/fixtures/vulndb"), join(shop.root, "vulndb"), { recursive: true })
  })

  it("are told with id, version and what mends them; suppressed for a while", async () => {
    shop.write("services/api/log.go", logging)
    expect(await run(config())).toMatchObject({
      status: "failed",
      value: 1,
      reason: expect.stringMatching(
        /^services\/api\/go\.mod:3 stdlib@go1\.\S+: Made up for tests: .* fixed in v1\.99\.0 \[GO-2026-90002\]$/,
      ),
    })
    const suppressed =
      'suppressions:\n  - { rule: GO-2026-90002, path: services/api, reason: "no log is sent there", until: 2999-12-31 }\n'
    expect(await run(`${config()}${suppressed}`)).toMatchObject({ status: "inconclusive" })
  })
  it("are inconclusive and hold nothing when a database does not answer, unless that is asked for", async () => {
    shop.write("delivery.yaml", `${plain}${config()}`)
    const tolerated = await pr("--only=dependencies,secrets")
    expect(tolerated.stages["dependencies"]).toMatchObject({
      status: "inconclusive",
      reason: expect.stringContaining("vulnerabilities are not known: http://127.0.0.1:9 could not be queried"),
    })
    expect(tolerated.table).toMatch(/^GREEN \(1 passed, 1 inconclusive/m)
    expect(await run(config(", inconclusive: fail"))).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("(gates.dependencies.inconclusive is fail)"),
    })
  })
  it("and a licence that is not allowed", async () => {
    expect(await run(config(", licences: { deny: [MIT] }"))).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(
        /^services\/frontend\/package-lock\.json \S+@\S+ has the licence MIT, which is denied \[licence:MIT\]/,
      ),
    })
  })
})

describe("Vue", () => {
  const app = "services/frontend/src/App.vue"
  it("with a type error", async () => {
    shop.write(
      app,
      shop.read(app).replace(/(<script setup lang="ts">\n)/, '$1const wrong: number = "a word"\nvoid wrong\n'),
    )
    expectRed(await pr(), {
      "frontend:typecheck": /src\/App\.vue:2:7 TS2322: Type 'string' is not assignable to type 'number'/,
    })
  })

  it("that eslint complains of", async () => {
    shop.write("services/frontend/src/extra.ts", "var old = 1\nexport default old\n")
    const run = await pr("--only=frontend:lint")
    expect(run.stages["frontend:lint"]).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/src\/extra\.ts:1:1 .*no-var/),
    })
  })

  it("whose lockfile disagrees", async () => {
    const manifest = "services/frontend/package.json"
    shop.write(manifest, shop.read(manifest).replace(/("vue": ")[^"]+"/, '$13.5.1"'))
    const run = await pr()
    expect(run.passed).toBe(false)
    for (const step of ["lint", "typecheck", "test", "build"])
      expect(run.stages[`frontend:${step}`]).toMatchObject({
        status: "failed",
        reason: expect.stringMatching(/package\.json and package-lock\.json disagree: .*vue@3\.5\.1\b/),
      })
    for (const step of ["lint", "test", "build"]) expect(run.stages[`api:${step}`]).toMatchObject({ status: "passed" })
    expect(filesIn(run.reports)).toContain("frontend/install/output.txt")
  })
})

describe("a source that cannot be checked", () => {
  async function refused(...args: string[]): Promise<string> {
    const run = await pr(...args)
    expect(run.exitCode).not.toBe(0)
    expect(run.stages).toEqual({})
    return run.output
  }

  it("because it is no git repository", async () => {
    shop.remove(".git")
    expect(await refused()).toMatch(/not a git repository/)
  })

  it("because folders are missing, empty or of another kind: all at once", async () => {
    shop.remove("services/api/go.mod")
    shop.remove("services/frontend/package-lock.json")
    shop.write(
      "delivery.yaml",
      `${shop.read("delivery.yaml")}  gone: { path: services/gone, kind: go }\n  empty: { path: services/empty, kind: go }\n`,
    )
    execFileSync("mkdir", ["-p", join(shop.root, "services/empty")])
    const output = await refused()
    expect(output).toMatch(/services\/api has no go\.mod/)
    expect(output).toMatch(/services\.frontend\.path: .*there is no lock file in services\/frontend/)
    expect(output).toMatch(/services\/gone does not exist/)
    expect(output).toMatch(/services\/empty is (an )?empty/)
  })

  it("because delivery.yaml is wrong in several places", async () => {
    shop.write("delivery.yaml", "services:\n  api: { pth: services/api, kind: rust }\n")
    const output = await refused()
    expect(output).toMatch(/pth.*did you mean path/)
    expect(output).toMatch(/"rust" is not allowed; allowed: go, node/)
  })
})
