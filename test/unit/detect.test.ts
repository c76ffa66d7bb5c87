// The services of a repository without a delivery.yaml, and the delivery.yaml that `init` writes.
import { describe, expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { detectServices, detectedTable } from "../../ci/src/config/detect"
import { initText } from "../../ci/src/config/init"

/** Detects the services of files by path; a manifest's text is its value. */
function detect(files: Record<string, string>) {
  return detectServices(Object.keys(files), (file) => files[file]!)
}
const found = (files: Record<string, string>) =>
  detect(files).services.map(({ name, kind, path }) => [name, kind, path])
const json = (value: object) => JSON.stringify(value)
const scripts = { scripts: { lint: "eslint .", test: "vitest run" } }

describe("the services of a repository", () => {
  it("are its Go modules and its npm packages", () => {
    const { services, leftOut } = detect({
      "services/api/go.mod": "module example.com/shop/api\n",
      "services/api/main.go": "",
      "web/package.json": json({ name: "web", ...scripts, dependencies: { vue: "3" } }),
      "web/package-lock.json": "{}",
      "README.md": "",
    })
    expect(services).toEqual([
      { name: "api", kind: "go", path: "services/api", why: "go.mod of example.com/shop/api", exclude: [] },
      {
        name: "web",
        kind: "node",
        path: "web",
        why: "package.json with lint, test; web/package-lock.json",
        exclude: [],
      },
    ])
    expect(leftOut).toEqual([])
  })
  it("are not those in vendor, testdata, node_modules and hidden folders; examples and fixtures are named", () => {
    const module = { "go.mod": "module x.org/a/v2\n", "main.go": "" }
    const at = (folder: string) =>
      Object.fromEntries(Object.entries(module).map(([file, text]) => [`${folder}/${file}`, text]))
    const { services, leftOut } = detect({
      ...module,
      ...at("vendor/x.org/b"),
      ...at("internal/testdata/c"),
      ...at("web/node_modules/d"),
      ...at("_old"),
      ...at(".cache/e"),
      ...at("examples/hello"),
      ...at("test/fixtures/f"),
    })
    expect(services.map(({ name, path }) => [name, path])).toEqual([["a", "."]])
    expect(leftOut).toEqual([
      { path: "examples/hello", why: "in examples; name it in delivery.yaml if it is a service" },
      { path: "test/fixtures/f", why: "in fixtures; name it in delivery.yaml if it is a service" },
    ])
    expect(found(at("examples/hello")), "if there is nothing else").toEqual([["hello", "go", "examples/hello"]])
  })
  it("are the members of a workspace: npm, yarn, pnpm", () => {
    const members = {
      "package-lock.json": "{}",
      "packages/money/package.json": json({ name: "@shop/money", ...scripts, devDependencies: { vitest: "4" } }),
      "packages/money/deep/package.json": json(scripts),
      "apps/shop/package.json": json({ ...scripts, dependencies: { "@shop/money": "*" } }),
      "tools/package.json": json({ ...scripts, dependencies: { a: "1" } }),
    }
    const expected = [
      ["shop", "node", "apps/shop"],
      ["money", "node", "packages/money"],
      ["deep", "node", "packages/money/deep"],
    ]
    const root = { name: "all", scripts: { test: "npm test --workspaces", lint: "turbo run lint" } }
    const npm = detect({ "package.json": json({ ...root, workspaces: ["packages/*", "./apps/shop/"] }), ...members })
    expect(npm.services.map(({ name, kind, path }) => [name, kind, path])).toEqual(expected)
    expect(npm.services[1]!.exclude).toEqual(["deep"])
    expect(npm.leftOut).toEqual([
      { path: ".", why: "root of a workspace; apps/shop, packages/money are checked alone" },
      {
        path: "tools",
        why: "there is no lock file in tools: create it with `npm install --package-lock-only`, and commit it",
      },
    ])
    const yarn = { ...root, workspaces: { packages: ["packages/**", "apps/*", "!packages/*/deep"] } }
    expect(found({ "package.json": json(yarn), ...members })).toEqual(expected)
    const pnpm = "# all\npackages:\n  # ours\n  - 'packages/*'\n  - \"apps/{shop,admin}\" # and\ncatalog:\n  - x\n"
    expect(found({ "package.json": json(root), "pnpm-workspace.yaml": pnpm, ...members })).toEqual(expected)
    const inline = "packages: [packages/*, apps/*]\n"
    expect(found({ "package.json": json(root), "pnpm-workspace.yaml": inline, ...members })).toEqual(expected)
  })
  it("are a workspace's root with what it does itself, and members with what it does not do", () => {
    const files = (test: string, member: object) => ({
      "package.json": json({ name: "all", scripts: { test }, workspaces: ["apps/*"] }),
      "package-lock.json": "{}",
      "apps/shop/package.json": json({ scripts: member }),
      "apps/lib/package.json": json({}),
    })
    const { services, leftOut } = detect(files("vitest run", { test: "vitest run" }))
    expect(services.map(({ name, path, exclude }) => [name, path, exclude])).toEqual([["all", ".", []]])
    expect(leftOut).toContainEqual({ path: "apps/shop", why: "the scripts of the workspace's root do test" })
    const both = [
      ["all", "node", "."],
      ["shop", "node", "apps/shop"],
    ]
    expect(found(files("vitest run", { build: "vite build" }))).toEqual(both)
    expect(found(files("pnpm -r test", { build: "vite build", test: "vitest run" }))).toEqual(both.slice(1))
  })
  it("are a workspace's root if its members have nothing to run", () =>
    expect(
      found({
        "package.json": json({ name: "@shop/all", ...scripts, workspaces: ["libs/*"] }),
        "yarn.lock": "",
        "libs/a/package.json": json({ name: "a" }),
      }),
    ).toEqual([["all", "node", "."]]))
  it("are no packages that cannot be checked: each is named with the reason", () =>
    expect(
      detect({
        "a/package.json": "{ not json",
        "b/package.json": json({ scripts: { start: "node ." } }),
        "c/package.json": json({ scripts: { test: 'echo "Error: no test specified" && exit 1' } }),
        "d/go.mod": "module d\n",
        "d/sub/go.mod": "module d/sub\n",
        "d/sub/main.go": "",
        "e/package.json": json({ scripts: { test: "node --test" } }),
      }),
    ).toMatchObject({
      services: [{ path: "d/sub" }, { path: "e", why: "package.json with test" }],
      leftOut: [
        { path: "a", why: "its package.json is no JSON object" },
        { path: "b", why: "its package.json has no script lint, typecheck, test, build" },
        { path: "c", why: "its package.json has no script lint, typecheck, test, build" },
        { path: "d", why: "its go.mod has no Go file beside or below it" },
      ],
    }))
  it("are folders with a Dockerfile and nothing else, whose files lie beside it", () => {
    const { services, leftOut } = detect({
      "mailer/Dockerfile": [
        "FROM python:3",
        "COPY --chown=1 app.py \\\n  lib/ /app/",
        "COPY --from=build /x /y",
        'COPY ["a b", "/c"]',
        "ADD https://example.com/x /",
        "COPY *.txt $X . /\n",
      ].join("\n"),
      "mailer/app.py": "",
      "mailer/lib/a.py": "",
      "mailer/a b": "",
      "build/Dockerfile": "FROM alpine\nCOPY ./cmd /cmd\n",
      "api/Dockerfile": "FROM scratch\n",
      "api/go.mod": "module api\n",
      "api/main.go": "",
    })
    expect(services.map(({ name, kind, path }) => [name, kind, path])).toEqual([
      ["api", "go", "api"],
      ["mailer", "docker", "mailer"],
    ])
    expect(leftOut).toEqual([
      { path: "build", why: "its Dockerfile copies cmd, which is not beside it; name its `dockerfile.context`" },
    ])
    expect(parseConfig(initText({ services, leftOut })).services.mailer!.kind).toBe("docker")
  })
  it("have valid names, each its own, and none that selects other stages", () => {
    const module = (...folders: string[]) =>
      found(
        Object.fromEntries(
          folders.flatMap((path) => [
            [`${path}/go.mod`, "module x\n"],
            [`${path}/a.go`, ""],
          ]),
        ),
      )
    expect(module("api/v1", "web/v1", "Größe", "2048", "test", "sast", "a".repeat(50)).map(([name]) => name)).toEqual([
      "app-2048",
      "gr-e",
      "a".repeat(39),
      "api-v1",
      "sast-service",
      "test-service",
      "web-v1",
    ])
    expect(module("x/a/b", "y/a/b").map(([name]) => name)).toEqual(["a-b", "a-b-2"])
  })
  it("are found in a repository with fifty projects, which the configuration accepts", () => {
    const folders = Array.from({ length: 50 }, (_, i) => `team${i % 5}/service-${Math.floor(i / 2)}`)
    const files = Object.fromEntries(
      [...new Set(folders)].flatMap((path) => [
        [`${path}/go.mod`, `module ${path}\n`],
        [`${path}/a.go`, ""],
      ]),
    )
    const detected = detect(files)
    expect(detected.services.length).toBe(new Set(folders).size)
    expect(Object.keys(parseConfig(initText(detected)).services)).toHaveLength(detected.services.length)
  })
  it("are shown in a table, with what was left out and why", () =>
    expect(
      detectedTable({
        services: [{ name: "api", kind: "go", path: "api", why: "go.mod of x", exclude: [] }],
        leftOut: [{ path: "examples/a", why: "in examples" }],
      }),
    ).toBe(
      [
        "There is no delivery.yaml: these services were found. `npm run pipeline -- init` writes it.",
        "service  kind      folder      found by",
        "api      go        api         go.mod of x",
        "–        left out  examples/a  in examples",
      ].join("\n"),
    ))
})

describe("the delivery.yaml that init writes", () => {
  const detected = detect({
    "services/order api/go.mod": "module example.com/order\n",
    "services/order api/a.go": "",
    "package.json": json({ name: "web", ...scripts }),
    "examples/a/go.mod": "module a\n",
    "examples/a/a.go": "",
  })
  const stage = (name: string, status: string, rest: object = {}) => ({ name, status, ...rest })
  it("is valid; without a run there is no gate, and every finding counts", () => {
    const text = initText(detected)
    const { services, coverage, scope, branches } = parseConfig(text)
    expect(services).toMatchObject({
      web: { path: ".", kind: "node", exclude: ["services/order api"], coverage: 0 },
      "order-api": { path: "services/order api", kind: "go", coverage: 0 },
    })
    expect([coverage, scope, branches.develop]).toEqual([{ total: 0, changedLines: 0 }, "all", "develop"])
    expect(text).toContain("#   examples/a: in examples")
    expect(text).toContain("no run has measured it yet")
  })
  it("begins its gates at what a run has measured, rounded down, and proposes `new` where there are findings", () => {
    const measured = {
      stages: [
        stage("order-api:test", "passed", { value: 71.9, unit: "%" }),
        stage("web:test", "failed"),
        stage("coverage:total", "passed", { value: 64.5, unit: "%" }),
        stage("sast:go", "failed", { value: 3, unit: "findings" }),
        stage("web:build", "failed"),
      ],
    }
    const text = initText(detected, { measured, branch: "main" })
    const { services, coverage, scope, branches } = parseConfig(text)
    expect([services["order-api"]!.coverage, services.web!.coverage]).toEqual([71, 0])
    expect([coverage, scope, branches]).toEqual([
      { total: 64, changedLines: 80 },
      "new",
      { develop: "main", master: "master" },
    ])
    expect(text).toContain("(sast:go")
    const clean = { stages: [stage("sast:go", "passed", { value: 0 })] }
    expect(parseConfig(initText(detected, { measured: clean })).scope).toBe("all")
  })
})
