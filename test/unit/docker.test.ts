// Services with a Dockerfile: their settings, what is wrong with them before anything runs, and what their scan comes to.
import { describe, expect, it } from "vitest"
import { splitSteps, judgedImage } from "../../ci/src/checks/docker"
import { ConfigError, parseConfig } from "../../ci/src/config/config"
import {
  dockerfileFaults,
  dockerfileOf,
  dockerfilePlaces,
  pathIn,
  type DockerService,
} from "../../ci/src/config/dockerfile"
import { effectiveConfig } from "../../ci/src/config/effective"
import type { Stage } from "../../ci/src/report/stages"
import { sarif, type Finding } from "../../modules/shared/sarif"

const services = (text: string) => parseConfig(`services:\n${text}`).services
const faultsOf = (text: string): string[] => {
  try {
    parseConfig(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
  }
  return []
}

describe("a service with a Dockerfile", () => {
  it("of the kind docker has it in its folder, and is delivered", () =>
    expect(services("  api: { path: ./api/, kind: docker }\n").api).toMatchObject({
      path: "api",
      image: true,
      coverage: 0,
      dockerfile: { path: "Dockerfile", context: "api", target: "", args: {} },
    }))
  it("of another kind has it by a setting, in a short or a full form", () => {
    const text = `  api: { path: api, kind: go, dockerfile: ./build/Dockerfile }
  web: { path: web, kind: node, dockerfile: { target: run, context: ., args: { V: "1" } } }
  kit: { path: kit, kind: go }
`
    const { api, web, kit } = services(text)
    expect(api).toMatchObject({ image: true, coverage: 80, dockerfile: { path: "build/Dockerfile", context: "api" } })
    expect(web!.dockerfile).toEqual({ path: "Dockerfile", context: ".", target: "run", args: { V: "1" } })
    expect(kit).toMatchObject({ image: false, dockerfile: undefined })
    expect(effectiveConfig(`services:\n${text}`)).toMatch(/path: build\/Dockerfile +# line 2/)
  })
  it("may share its folder with another image", () => {
    const folder = "{ path: ., kind: docker, dockerfile"
    expect(faultsOf(`services:\n  a: ${folder}: a.Dockerfile }\n  b: ${folder}: b.Dockerfile }\n`)).toEqual([])
    expect(faultsOf(`services:\n  a: ${folder}: a.Dockerfile }\n  b: ${folder}: a.Dockerfile }\n`)).toEqual([
      "services.b.path, line 3: . is the folder of a already; each service has its own",
    ])
  })
  it.each([
    ["kind: dokcer", 'services.a.kind, line 2: "dokcer" is not allowed; allowed: go, node, docker'],
    ["kind: docker, test: {}", "services.a.test, line 2: target or command is missing: what runs the tests"],
    [
      "kind: go, test: { target: t }",
      "services.a.test, line 2: test belongs to a service of the kind docker; this one is go",
    ],
    [
      "kind: docker, test: { targt: t }",
      "services.a.test.targt, line 2: the key targt is not known (did you mean target?); allowed: target, command, junit",
    ],
    [
      "kind: docker, test: { command: [x], junit: a.xml }",
      'services.a.test.junit, line 2: "a.xml" is not allowed; a full path, such as /tmp/junit.xml',
    ],
    [
      "kind: docker, needs: [redis], test: { target: t }",
      "services.a.needs, line 2: needs belongs to a command of the tests (test.command)",
    ],
    [
      "kind: go, image: false, dockerfile: D",
      "services.a.dockerfile, line 2: the service has image: false, so nothing is built by it",
    ],
    ["kind: docker, dockerfile: ../D", 'services.a.dockerfile, line 2: "../D" is not allowed; a folder below'],
    ["kind: docker, dockerfile: { file: D }", "services.a.dockerfile.file, line 2: the key file is not known"],
    [
      "kind: docker, dockerfile: { args: { A-B: x } }",
      'services.a.dockerfile.args.A-B, line 2: the name "A-B" is not allowed; a variable',
    ],
  ])("is refused with %s", (settings, fault) => {
    const faults = faultsOf(`services:\n  a: { path: a, ${settings} }\n`)
    expect(
      faults.some((one) => one.startsWith(fault)),
      faults.join("\n"),
    ).toBe(true)
  })
  it("whose tests are a command may need services", () =>
    expect(
      faultsOf(
        "services:\n  a: { path: a, kind: docker, needs: [redis], testEnv: { A: b }, test: { command: [x] } }\n",
      ),
    ).toEqual([]))
  it("has platforms that are known", () => {
    const text = (platforms: string) => `services:\n  a: { path: a, kind: go }\nplatforms: ${platforms}\n`
    expect(parseConfig(text("[linux/arm64, linux/amd64, linux/arm64]")).platforms).toEqual([
      "linux/arm64",
      "linux/amd64",
    ])
    expect(faultsOf(text("[linux/arm]"))).toEqual([
      'platforms.0, line 3: "linux/arm" is not allowed; allowed: linux/amd64, linux/arm64',
    ])
  })
})

describe("the Dockerfile of a service", () => {
  /** A source with these files. */
  const sourceOf = (files: Record<string, string>) => {
    const exists = (path: string) =>
      path === "." || Object.keys(files).some((file) => file === path || file.startsWith(`${path}/`))
    const directory = (path: string) => ({
      glob: async () =>
        Object.keys(files)
          .filter((file) => file.startsWith(`${path}/`) && /ockerfile/.test(file))
          .map((file) => file.slice(path.length + 1)),
    })
    return {
      exists: async (path: string) => exists(path),
      directory,
      file: (path: string) => ({ contents: async () => files[path] ?? "" }),
    } as never
  }
  const api = (settings = "") =>
    services(`  api: { path: services/api, kind: docker${settings} }\n`).api as DockerService
  const text = "FROM a AS build\nFROM b AS run\n"

  it("is looked for in its folder, then from the root", async () => {
    expect(dockerfilePlaces(api())).toEqual(["services/api/Dockerfile", "Dockerfile"])
    expect(await dockerfileOf(sourceOf({ Dockerfile: text, "services/api/Dockerfile": text }), api())).toBe(
      "services/api/Dockerfile",
    )
    expect(await dockerfileOf(sourceOf({ "docker/api": text }), api(", dockerfile: docker/api"))).toBe("docker/api")
    expect(await dockerfileOf(sourceOf({}), api())).toBeUndefined()
  })
  it("lies in its context, or does not", () => {
    expect(pathIn("services/api", "services/api/Dockerfile")).toBe("Dockerfile")
    expect(pathIn(".", "docker/api")).toBe("docker/api")
    expect(pathIn("services/api", "services/apis/Dockerfile")).toBeUndefined()
  })
  it("that is missing is told with what is there", async () =>
    expect(await dockerfileFaults(sourceOf({ "services/api/build/api.Dockerfile": text }), "api", api())).toEqual([
      "services.api.dockerfile: Dockerfile does not exist (looked for services/api/Dockerfile and Dockerfile); there is: build/api.Dockerfile",
    ]))
  it.each([
    ["", []],
    [", dockerfile: { target: run }, test: { target: BUILD }", []],
    [
      ", dockerfile: { target: prod }",
      ['services.api.dockerfile.target: services/api/Dockerfile: the target "prod" is not in it; it has: build, run'],
    ],
    [
      ", test: { target: tests }",
      ['services.api.test.target: services/api/Dockerfile: the target "tests" is not in it; it has: build, run'],
    ],
    [", dockerfile: { context: lib }", ["services.api.dockerfile.context: lib does not exist in the source"]],
  ])("with%s has the faults %j", async (settings, faults) =>
    expect(await dockerfileFaults(sourceOf({ "services/api/Dockerfile": text }), "api", api(settings))).toEqual(faults),
  )
  it("that is none is told", async () =>
    expect(await dockerfileFaults(sourceOf({ "services/api/Dockerfile": "hello\n" }), "api", api())).toEqual([
      "services.api.dockerfile: services/api/Dockerfile: it has no FROM, so it is no Dockerfile",
    ]))
})

describe("the steps of an image", () => {
  it("are all of the kind docker, and the scan of others", () => {
    expect(splitSteps({ kind: "docker" }, ["test", "build", "scan"]).own).toEqual([])
    expect(splitSteps({ kind: "node" }, ["lint", "test", "scan"])).toEqual({ own: ["lint", "test"], ofImage: ["scan"] })
  })

  const finding = (level: Finding["level"], rule = "V-1"): Finding => ({
    ...{ tool: "osv", rule, text: "openssl@3 (Debian:12): overflow; fixed in 4" },
    ...{ file: "api/Dockerfile", line: 0, column: 0, level },
  })
  const stage: Stage = { name: "api:scan", status: "passed", reason: "clean", seconds: 1, cached: false, exitCode: 0 }
  const judged = (change: object, findings: Finding[] = [], settings = "") => {
    const config = parseConfig(`services:\n  api: { path: api, kind: docker }\n${settings}`)
    const reports = { "api/scan/scan.sarif": sarif(["osv"], findings) }
    const part = { folder: "api", stages: [{ ...stage, ...change }], files: {}, reports }
    return judgedImage(part, "api", config).stages[0]!
  }
  it("pass without a finding, and say what was looked up", () =>
    expect(judged({ reason: "no known vulnerability in 3 deb" })).toMatchObject({
      status: "passed",
      reason: "no known vulnerability in 3 deb",
    }))
  it("fail for a finding that counts, and not for one below or accepted", () => {
    expect(judged({ status: "failed" }, [finding("error")])).toMatchObject({
      status: "failed",
      value: 1,
      reason: "api/Dockerfile openssl@3 (Debian:12): overflow; fixed in 4 [V-1]",
    })
    expect(judged({ status: "failed" }, [finding("note")]).status).toBe("passed")
    const suppressed = "suppressions:\n  - { rule: V-1, path: api, reason: known for long, until: 2099-01-01 }\n"
    expect(judged({ status: "failed" }, [finding("error")], suppressed)).toMatchObject({
      status: "passed",
      reason: "no finding that counts: 1 suppressed",
    })
  })
  it("are inconclusive without an answer, or red if delivery.yaml wants it", () => {
    const silent = { status: "inconclusive", unreachable: "https://osv could not be asked: no", packages: "3 deb" }
    expect(judged(silent)).toMatchObject({ status: "inconclusive", tolerated: true })
    expect(judged(silent, [], "gates: { dependencies: { inconclusive: fail } }\n").status).toBe("failed")
    expect(judged(silent, [])).not.toHaveProperty("unreachable")
  })
  it("keep the reason of an image that was not built", () => {
    const failed = { status: "failed", exitCode: 3, reason: "the image was not built: RUN x: exit code 3" }
    expect(judged(failed)).toMatchObject(failed)
  })
})
