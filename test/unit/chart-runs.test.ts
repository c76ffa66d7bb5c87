// Which charts helm lint runs on, with which values, and without which dependencies.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, describe, it } from "vitest"
import { chartRuns, nested } from "../../ci/src/checks/chart-runs"
import { parseConfig } from "../../ci/src/config/config"
import { lintFindings, mergedFindings } from "../../modules/helm/src/read"
import { dependencyFunctions } from "../../modules/helm/src/scripts/chart"

const services =
  "services:\n  api: { path: a, kind: go, image: true }\n  kit: { path: k, kind: go, image: false }\nregistry: r:5000\n"
const environment = (port: number, more = ""): string =>
  `{ appMode: qa, appUrl: "https://a.example", namespace: n${port}, values: v.yaml, port: ${port}${more} }`

describe("charts", () => {
  const delivered = parseConfig(
    `${services}chart: { path: charts/shop, ephemeral: small.yaml }\nenvironments:\n  dev: ${environment(30090)}\n` +
      `  prod: ${environment(30091, ", cluster: main, region: eu-central-1")}\n`,
  )
  it("are linted with what is deployed, and not without", () => {
    const { charts, files } = chartRuns(delivered, ["charts/shop", "charts/other"], [])
    expect(charts).toEqual([
      "charts/shop=charts/shop/v.yaml+charts/shop/small.yaml+.deployment/dev.yaml",
      "charts/shop=charts/shop/v.yaml+.deployment/prod.yaml",
      "charts/other",
    ])
    expect(JSON.parse(files[".deployment/dev.yaml"]!)).toEqual({
      images: { api: { repository: "r:5000/api", digest: expect.stringMatching(/^sha256:0{64}$/) } },
      ...{ appMode: "qa", appUrl: "https://a.example", service: { nodePort: 30090 } },
    })
    expect(JSON.parse(files[".deployment/prod.yaml"]!)).not.toHaveProperty("service")
  })
  it("are linted with the values for their own tests", () => {
    const files = ["charts/a/ci/b-values.yaml", "charts/a/ci/a-values.yaml", "charts/a/ci/x/c-values.yaml"]
    const odd = ["charts/a/ci/a+b-values.yaml", "charts/a/ci/other.yaml", "ci/root-values.yaml"]
    expect(chartRuns(parseConfig(services), ["charts/a", "charts/b"], [...files, ...odd]).charts).toEqual([
      ...["charts/a=charts/a/ci/a-values.yaml", "charts/a=charts/a/ci/b-values.yaml", "charts/b"],
    ])
    expect(chartRuns(parseConfig(services), ["."], odd).charts).toEqual([".=ci/root-values.yaml"])
  })
  it("are named in findings by the files of the source alone", () => {
    const [finding] = lintFindings("[ERROR] Chart.yaml: no\n", "c")
    const texts = (values: string[]) => mergedFindings([{ findings: [finding!], values }]).map(({ text }) => text)
    expect(texts(["c/v.yaml", ".deployment/dev.yaml"])).toEqual(["no (with c/v.yaml)"])
    expect(texts([".deployment/dev.yaml"])).toEqual(["no"])
  })
  it("without a dependency are named by their Chart.yaml, whatever folder helm names", () =>
    expect(
      lintFindings("[WARNING] /tmp/x/app: chart directory is missing these dependencies: y\n", "charts/app"),
    ).toEqual([expect.objectContaining({ file: "charts/app/Chart.yaml", rule: "Chart.yaml", level: "warning" })]))
})

it("settings are nested as helm reads them", () =>
  expect(nested(["a.b=x=y", "a.c=true", "d\\.e=12", "f=007", "g=", "h=1.5"])).toEqual({
    ...{ a: { b: "x=y", c: true }, "d.e": 12, f: "007", g: "", h: "1.5" },
  }))

it("a chart whose dependencies cannot be had keeps those that can, on the same lines", () => {
  const folder = mkdtempSync(join(tmpdir(), "chart-"))
  try {
    mkdirSync(join(folder, "charts/nested"), { recursive: true })
    writeFileSync(join(folder, "charts/lib-1.2.0.tgz"), "")
    const lines = [
      ...["name: app", "dependencies:", "  - name: lib", "    repository: file://../lib", "  - name: redis"],
      ...["    repository: https://x", "  - version: 1", '    name: "nested"', "version: 1.0.0"],
    ]
    writeFileSync(join(folder, "Chart.yaml"), `${lines.join("\n")}\n`)
    const { stdout } = spawnSync("bash", ["-c", `${dependencyFunctions}\navailable "$1"`, "x", folder], {
      encoding: "utf8",
    })
    expect(stdout.split("\n")).toEqual([...lines.map((line, i) => (i === 4 || i === 5 ? "" : line)), ""])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
