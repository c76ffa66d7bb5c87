// Services with a Dockerfile, from the pull request to digests: a Go service with its own one, and one in shell that has nothing
// else; images for two platforms; what is refused and why.
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { callOf } from "../../engine/src/call-options"
import { dagger } from "../sdk/dagger"
import { repository, runPr, type Run } from "./shop"

const root = mkdtempSync(join(tmpdir(), "docker-"))
const source = join(root, "source")

const delivery = (platforms: string, greet = "image: true") => `services:
  api: { path: services/api, kind: go, dockerfile: Dockerfile }
  greet: { path: services/greet, kind: docker, ${greet}, test: { target: test, junit: /reports/junit.xml } }
platforms: [${platforms}]
chart: charts/product
`
const files: Record<string, string> = {
  "delivery.yaml": delivery("linux/amd64"),
  "services/api/go.mod": "module example.com/api\n\ngo 1.25\n",
  "services/api/main.go": 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("api")\n}\n',
  "services/api/main_test.go": 'package main\n\nimport "testing"\n\nfunc TestMainPrints(_ *testing.T) { main() }\n',
  "services/api/.dockerignore": "*_test.go\n",
  "services/api/Dockerfile": `FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
ARG TARGETARCH
WORKDIR /src
COPY . .
RUN test ! -e main_test.go
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -trimpath -o /out/api .
FROM scratch
COPY --from=build /out/api /app/api
USER 65532
ENTRYPOINT ["/app/api"]
`,
  "charts/product/Chart.yaml": "apiVersion: v2\nname: product\ndescription: A product\nversion: 0.1.0\n",
  "charts/product/values.yaml": "images: {}\n",
  "charts/product/templates/product.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: product\n",
}

function write(file: string, content: string): void {
  mkdirSync(dirname(join(source, file)), { recursive: true })
  writeFileSync(join(source, file), content)
}

function git(...args: string[]): void {
  const who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
  execFileSync("git", [...who, ...args], { cwd: source, stdio: "ignore" })
}

/** Runs `publish` to an ephemeral registry, and gives its reports. */
async function publish(): Promise<{
  output: string
  stages: Record<string, { status: string; reason: string }>
  read: (file: string) => string
}> {
  const reports = mkdtempSync(join(root, "publish-"))
  const { stdout, stderr } = await dagger(
    ["call", "--progress=plain", ...callOf("publish", source, []), "reports", "export", `--path=${reports}`],
    { cwd: repository, seconds: 600 },
  )
  const read = (file: string) => readFileSync(join(reports, file), "utf8")
  const { stages } = JSON.parse(read("result.json")) as { stages: { name: string; status: string; reason: string }[] }
  return { output: stdout + stderr, stages: Object.fromEntries(stages.map((stage) => [stage.name, stage])), read }
}

beforeAll(() => {
  for (const [file, content] of Object.entries(files)) write(file, content)
  cpSync(join(repository, "test/fixtures/docker"), join(source, "services/greet"), { recursive: true })
  git("init", "--quiet", "--initial-branch=main")
  git("add", "--all")
  git("commit", "--quiet", "-m", "Open the shop")
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe("a pull request", () => {
  let run: Run
  beforeAll(async () => void (run = await runPr(source)))

  it("builds, tests and scans images, beside the checks of the kind", () => {
    const verdicts = Object.fromEntries(
      Object.values(run.stages)
        .filter(({ name }) => /^(api|greet):/.test(name))
        .map(({ name, status }) => [name, status]),
    )
    // No vulnerability database can be reached here: the scan says so, and does not pass.
    expect(verdicts, run.table).toEqual({
      "api:lint": "passed",
      "api:test": "passed",
      "api:build": "passed",
      "api:scan": "inconclusive",
      "greet:test": "passed",
      "greet:build": "passed",
      "greet:scan": "inconclusive",
    })
    expect(run.stages["api:scan"]!.reason).toMatch(/^vulnerabilities are not known: https:\/\/\S+ could not be asked/)
    expect(run.passed, run.table).toBe(true)
  })
  it("keeps the SBOM of each image, and the tests' JUnit report", () => {
    const sbom = (name: string) => readFileSync(join(run.reports, name, "scan/sbom.cdx.json"), "utf8")
    expect(sbom("api")).toContain("pkg:golang/stdlib@1.26.8")
    expect(sbom("greet")).toContain("pkg:deb/debian/")
    expect(readFileSync(join(run.reports, "junit.xml"), "utf8")).toContain('name="says hello"')
  })
  it("that breaks a test and an image is red for these, with instruction, exit code and words", async () => {
    write("services/greet/greet.sh", '#!/bin/sh\necho "good day, ${1:-world}"\n')
    write("services/api/Dockerfile", files["services/api/Dockerfile"]!.replace("RUN CGO", "COPY web /web\nRUN CGO"))
    try {
      const { stages, table } = await runPr(source, "--only=api:scan,greet")
      expect(stages["greet:test"], table).toMatchObject({ status: "failed", exitCode: 1 })
      expect(stages["greet:test"]!.reason).toMatch(
        /^Dockerfile:7 RUN sh \/app\/greet_test\.sh: exit code 1: says hello: good day, tester$/,
      )
      expect(stages["greet:build"]!.status).toBe("passed")
      expect(stages["api:scan"]).toMatchObject({
        status: "failed",
        reason: "the image was not built: Dockerfile:6 COPY web /web: web is not in the build context",
      })
    } finally {
      git("checkout", "--quiet", ".")
    }
  })
  it("whose settings are wrong is refused before anything runs", async () => {
    write("delivery.yaml", delivery("linux/amd64").replace("target: test", "target: tests"))
    try {
      const { output } = await runPr(source)
      expect(output).toContain(
        'services.greet.test.target: services/greet/Dockerfile: the target "tests" is not in it; it has: base, test, run',
      )
    } finally {
      git("checkout", "--quiet", ".")
    }
  })
})

describe("publish", () => {
  it("gives digests and SBOMs of images by a Dockerfile", async () => {
    const { stages, read, output } = await publish()
    expect(stages.publish!.status, output.slice(-3000)).toBe("passed")
    const { images } = JSON.parse(read("publish/release.json")) as { images: Record<string, string> }
    expect(images.api).toMatch(/\/api@sha256:[0-9a-f]{64}$/)
    expect(images.greet).toMatch(/\/greet@sha256:[0-9a-f]{64}$/)
    expect(read("publish/sbom/greet-linux-amd64.cdx.json")).toContain("pkg:deb/debian/")
  })
  it("for two platforms records the digest of the index", async () => {
    write("delivery.yaml", delivery("linux/amd64, linux/arm64", "image: false"))
    git("commit", "--quiet", "-am", "Deliver for arm64")
    const { stages, read, output } = await publish()
    expect(stages.publish!.status, output.slice(-3000)).toBe("passed")
    const { images } = JSON.parse(read("publish/release.json")) as { images: Record<string, string> }
    // The registry module has compared it with the digest that the registry gives for the tag: that of the index.
    expect(images).toEqual({ api: expect.stringMatching(/\/api@sha256:[0-9a-f]{64}$/) as string })
    expect(read("publish/sbom/api-linux-arm64.cdx.json")).toContain("pkg:golang/stdlib@1.26.8")
  })
  it("of a Dockerfile that needs emulation says so", async () => {
    write("delivery.yaml", delivery("linux/arm64"))
    git("commit", "--quiet", "-am", "Deliver all for arm64")
    const { stages } = await publish()
    expect(stages.publish).toMatchObject({ status: "failed" })
    // The mirror of these tests has Debian for one platform only. Where it has both, the RUN says that it needs emulation.
    expect(stages.publish!.reason).toContain("greet: no image for linux/arm64: ")
    expect(stages.publish!.reason).toMatch(/holds programs for amd64 only|needs emulation/)
  })
})
