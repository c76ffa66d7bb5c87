// The module node without an engine: which package manager, how it installs, which test runner, what their output says.
import { describe, expect, it } from "vitest"
import { notRead } from "../../modules/audit/src/read"
import { missingText } from "../../modules/cyclonedx/src/sbom"
import { installFailure, managerFailure, usefulLine } from "../../modules/node/src/failures"
import { linkedFolders, wayOf } from "../../modules/node/src/manifests"
import {
  chooseManager,
  commandsOf,
  downloadsOf,
  environmentOf,
  managerOf,
  programCommand,
  scriptCommand,
  type Manager,
} from "../../modules/node/src/managers"
import {
  jestJunit,
  junitOutcome,
  mochaJunit,
  mochaOutcome,
  summaryOf,
  testOutcome,
} from "../../modules/node/src/outcomes"
import { firstError, fixCommands } from "../../modules/node/src/read"
import { testPlan } from "../../modules/node/src/runners"
import { foldersFrom, pathFrom } from "../../modules/shared/folders"
import {
  isWorkspace,
  lockfilesIn,
  neededWorkspaces,
  readManifest,
  workspacePatterns,
  type Lockfile,
} from "../../modules/shared/lockfiles"

const classic = "# yarn lockfile v1\n\nms@2.1.3:\n"
const berry = (version: number) => `# generated\n\n__metadata:\n  version: ${version}\n  cacheKey: 10c0\n`

describe("the package manager of a project", () => {
  const choose = (entries: string[], packageJson: object, lock = "", folder = ".") =>
    chooseManager({ entries, packageJson: JSON.stringify(packageJson), lock: async () => lock, folder })
  const uses = { dependencies: { ms: "2.1.3" } }
  it.each<[string, string[], string, string]>([
    ["npm", ["package-lock.json"], "{}", ""],
    ["npm", ["npm-shrinkwrap.json", "package-lock.json"], "{}", ""],
    ["pnpm", ["pnpm-lock.yaml"], "lockfileVersion: '9.0'\n", "pnpm@10.34.8"],
    ["pnpm", ["pnpm-lock.yaml"], "lockfileVersion: '6.0'\n", "pnpm@8.15.9"],
    ["pnpm", ["pnpm-lock.yaml"], "lockfileVersion: 5.4\n", "pnpm@7.33.7"],
    ["yarn", ["yarn.lock"], classic, "yarn@1.22.22"],
    ["berry", ["yarn.lock"], berry(6), "@yarnpkg/cli-dist@3.8.7"],
    ["berry", ["yarn.lock"], berry(8), "@yarnpkg/cli-dist@4.12.0"],
    ["berry", ["yarn.lock"], berry(10), "@yarnpkg/cli-dist@4.18.1"],
    ["bun", ["bun.lock", "bun.lockb"], '{ "lockfileVersion": 1 }', "bun@1.4.5"],
    ["bun", ["bun.lockb"], "", "bun@1.4.5"],
  ])("%s by %j: %s", async (name, entries, lock, found) =>
    expect(await choose([...entries, "package.json"], uses, lock)).toMatchObject({ name, package: found }),
  )
  it("is the one that packageManager names, with its digest", async () => {
    const pinned = (packageManager: string) =>
      choose(["yarn.lock", "package-lock.json", "pnpm-lock.yaml"], { packageManager })
    expect(await pinned("pnpm@9.1.0+sha512.ab12")).toMatchObject({
      name: "pnpm",
      package: "pnpm@9.1.0",
      digest: "sha512.ab12",
      lockfile: "pnpm-lock.yaml",
      because: "packageManager in package.json",
    })
    expect(await pinned("yarn@1.22.19")).toMatchObject({ name: "yarn", package: "yarn@1.22.19" })
    expect(await pinned("yarn@4.9.2")).toMatchObject({ name: "berry", package: "@yarnpkg/cli-dist@4.9.2" })
    expect(await pinned("npm@10.8.2")).toMatchObject({
      name: "npm",
      package: "npm@10.8.2",
      lockfile: "package-lock.json",
    })
  })
  it("is npm without a lock file where there is no dependency", async () =>
    expect(await choose(["package.json"], { scripts: {} })).toMatchObject({ name: "npm", lockfile: "" }))
  it.each<[string, string[], object, string]>([
    [
      "two lock files and no word about them",
      ["yarn.lock", "package-lock.json"],
      uses,
      "there are several lock files in web: package-lock.json, yarn.lock; name the package manager that counts " +
        'in package.json ("packageManager": "npm@<version>"), or remove the others',
    ],
    [
      "a lock file of another manager than packageManager's",
      ["package-lock.json"],
      { ...uses, packageManager: "pnpm@9.1.0" },
      "packageManager in package.json is pnpm@9.1.0, but the lock file in web is package-lock.json: commit the " +
        "lock file of pnpm, or correct packageManager",
    ],
    [
      "no lock file",
      ["package.json"],
      uses,
      "there is no lock file in web: create it with `npm install --package-lock-only`, and commit it; allowed: " +
        "npm-shrinkwrap.json, package-lock.json, pnpm-lock.yaml, yarn.lock, bun.lock, bun.lockb",
    ],
    [
      "no lock file of the manager that packageManager names",
      ["package.json"],
      { ...uses, packageManager: "yarn@4.9.2" },
      "there is no lock file in web: create it with `yarn install`",
    ],
    [
      "an unknown manager",
      ["package-lock.json"],
      { packageManager: "vlt@1.0.0" },
      'packageManager in package.json is "vlt@1.0.0"; allowed is npm, pnpm, yarn or bun with a version',
    ],
    ["a range", ["pnpm-lock.yaml"], { packageManager: "pnpm@^9" }, "allowed is npm, pnpm, yarn or bun with a version"],
  ])("is an error with %s", async (_, entries, packageJson, message) =>
    expect(choose(entries, packageJson, "", "web")).rejects.toThrow(message),
  )
  it("is not had when the registry lacks the version, and the reason says who wanted it", () => {
    const wanted: Manager = {
      ...managerOf("pnpm-lock.yaml", ""),
      package: "pnpm@9.99.0",
      because: "packageManager in package.json",
    }
    expect(managerFailure(wanted, "npm error code ETARGET\nnpm error notarget No matching version found\n")).toBe(
      "could not get pnpm@9.99.0 (packageManager in package.json) from the npm registry: the registry does not have it",
    )
    expect(managerFailure(wanted, "the digest of pnpm@9.99.0 is sha1.ab, and packageManager pins sha1.cd\n")).toMatch(
      /: the digest of pnpm@9.99.0 is sha1.ab, and packageManager pins sha1.cd$/,
    )
  })
  it.each(["npm", "pnpm", "yarn", "berry", "bun"] as const)("%s installs frozen, with a cache of its own", (name) => {
    const { install, fetch } = commandsOf({ ...managerOf("yarn.lock", classic), name })
    expect(install).toMatch(/\bci\b|--frozen-lockfile|--immutable/)
    expect(fetch).toMatch(/--ignore-scripts|--mode=skip-build/)
    expect(downloadsOf(name)).toMatchObject({ volume: `delivery-node-${name}` })
    expect(Object.keys(environmentOf(name)).length > 0).toBe(name !== "npm")
  })
  it("runs scripts and programs in its own way", () => {
    expect(scriptCommand("npm", "test", ["--a"])).toEqual(["npm", "run", "test", "--", "--a"])
    expect(scriptCommand("pnpm", "test", ["--a"])).toEqual(["pnpm", "run", "test", "--a"])
    expect(scriptCommand("berry", "lint")).toEqual(["yarn", "run", "lint"])
    expect(programCommand("yarn", "c8", ["report"])).toEqual(["yarn", "run", "c8", "report"])
    expect(fixCommands(JSON.stringify({ devDependencies: { prettier: "3" } }), "pnpm")).toEqual([
      ["pnpm", "exec", "prettier", "--write", "."],
    ])
  })
  it("runs the project's scripts alone where there is nothing to install", () =>
    expect(commandsOf({ ...managerOf("package-lock.json", ""), lockfile: "" }).install).not.toMatch(/\bci\b/))
})

describe("workspaces", () => {
  it("are declared in package.json or pnpm-workspace.yaml", () => {
    expect(workspacePatterns('{"workspaces":["a/*"]}')).toEqual(["a/*"])
    expect(workspacePatterns('{"workspaces":{"packages":["a/*"],"nohoist":[]}}')).toEqual(["a/*"])
    const yaml =
      "# which\npackages:\n  # all\n  - 'apps/*'\n  - \"libs/**\" # too\n\n  - '!**/old'\ncatalog:\n  - x: 1\n"
    expect(workspacePatterns("{}", yaml)).toEqual(["apps/*", "libs/**", "!**/old"])
    expect(workspacePatterns("{}", "packages: [apps/*, 'libs/*']\n")).toEqual(["apps/*", "libs/*"])
    expect(workspacePatterns("{}", "onlyBuiltDependencies:\n  - esbuild\n")).toEqual([])
  })
  it.each([
    [["packages/*"], "packages/a", true],
    [["./packages/*/"], "packages/a", true],
    [["packages/*"], "packages/a/b", false],
    [["packages/**"], "packages/a/b", true],
    [["**/web"], "apps/eu/web", true],
    [["apps/{shop,till}"], "apps/till", true],
    [["apps/*", "!apps/old"], "apps/old", false],
    [["apps/web.site"], "apps/webxsite", false],
    [["web"], "web", true],
  ])("%j have %s: %s", (patterns, folder, expected) => expect(isWorkspace(patterns, folder)).toBe(expected))
  it("need each other by name, and the root's", () => {
    const manifest = (folder: string, name: string, ...needs: string[]) => ({
      folder,
      text: JSON.stringify({ name, devDependencies: Object.fromEntries(needs.map((need) => [need, "*"])) }),
    })
    const all = [
      manifest(".", "root", "@x/lint"),
      manifest("apps/a", "@x/a", "@x/money", "ms"),
      manifest("apps/b", "@x/b"),
      manifest("libs/money", "@x/money", "@x/round"),
      manifest("libs/round", "@x/round", "@x/money"),
      manifest("libs/lint", "@x/lint"),
    ]
    expect(neededWorkspaces("apps/a", ".", all)).toEqual([".", "apps/a", "libs/lint", "libs/money", "libs/round"])
    expect(neededWorkspaces("apps/b", ".", all)).toEqual([".", "apps/b", "libs/lint"])
  })
  it("are looked for from the nearest folder up", () => {
    expect(foldersFrom("a/b")).toEqual(["a/b", "a", "."])
    expect(foldersFrom(".")).toEqual(["."])
    expect([pathFrom("a/b", "../c"), pathFrom("a", ".."), pathFrom("a", "../.."), pathFrom(".", "./x/")]).toEqual([
      "a/c",
      ".",
      undefined,
      "x",
    ])
    expect(lockfilesIn(["a", "yarn.lock", "package-lock.json"])).toEqual([
      "package-lock.json",
      "yarn.lock",
    ] satisfies Lockfile[])
  })
  it("of a package.json that is none are an error that names it", () => {
    expect(() => readManifest("{", "web/package.json")).toThrow(/^web\/package.json is no JSON: /)
    expect(() => readManifest("[]")).toThrow("package.json is no JSON object")
    expect(readManifest('\ufeff{"name":"a"}')).toEqual({ name: "a" })
  })
})

describe("how a project is installed", () => {
  const way = (manifests: Record<string, object>, manager: Manager["name"] = "npm", npmrc = "") =>
    wayOf({
      manager,
      npmrc,
      manifests: Object.entries(manifests).map(([folder, text]) => ({ folder, text: JSON.stringify(text) })),
    })
  it("from manifests alone, where no script may read more", () =>
    expect(way({ ".": { scripts: { test: "vitest" }, dependencies: { ms: "2.1.3" } } })).toEqual({
      way: "manifests",
      because: "",
    }))
  it.each([
    ["postinstall", { web: { scripts: { postinstall: "node gen.mjs" } } }, "script postinstall in web/package.json"],
    ["patch-package", { ".": { scripts: { postinstall: "patch-package" } } }, "script postinstall in ./package.json"],
    [
      "prepare of a workspace",
      { ".": {}, "libs/a": { scripts: { prepare: "tsc" } } },
      "script prepare in libs/a/package.json",
    ],
    ["a program of a workspace", { ".": {}, "libs/a": { bin: "cli.js" } }, "program of libs/a/package.json"],
  ])("with the sources for %s", (_, manifests, because) => expect(way(manifests)).toEqual({ way: "scripts", because }))
  it("from manifests alone when .npmrc forbids scripts", () =>
    expect(way({ ".": { scripts: { postinstall: "x" } } }, "npm", "fund=false\nignore-scripts = true\n").way).toBe(
      "manifests",
    ))
  it("a program of the project itself needs no source", () =>
    expect(way({ ".": { bin: "cli.js" } }).way).toBe("manifests"))
  it("with all files where a folder or archive is copied", () => {
    const folder = { ".": { dependencies: { a: "file:../a" } } }
    expect(way(folder).way).toBe("manifests")
    expect(way(folder, "pnpm")).toEqual({ way: "whole", because: "a is file:../a in ./package.json" })
    expect(way({ ".": { dependencies: { a: "file:vendor/a-1.0.0.tgz" } } }).way).toBe("whole")
    expect(way({ ".": { dependencies: { a: "portal:../a" } } }, "berry").way).toBe("whole")
  })
  it("knows the folders that packages are taken from", () =>
    expect(
      linkedFolders({
        folder: "web",
        text: JSON.stringify({ dependencies: { a: "file:../a", b: "link:./b", c: "1", d: "file:../../d" } }),
      }),
    ).toEqual([
      { name: "a", range: "file:../a", at: "a" },
      { name: "b", range: "link:./b", at: "web/b" },
      { name: "d", range: "file:../../d", at: undefined },
    ]))
})

describe("why an installation failed", () => {
  const failed = (lockfile: Lockfile, output: string, text = "") => installFailure(managerOf(lockfile, text), output)
  it.each<[string, Lockfile, string, string, string]>([
    [
      "pnpm 10",
      "pnpm-lock.yaml",
      "",
      ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because …\n\n  Failure reason:\n* 1 ' +
        "dependencies are mismatched:\n  - ms (lockfile: 2.1.2, manifest: 2.1.3)\n",
      "ms (lockfile: 2.1.2, manifest: 2.1.3) (run `pnpm install`",
    ],
    [
      "pnpm 12",
      "pnpm-lock.yaml",
      "",
      "Error: ERR_PNPM_OUTDATED_LOCKFILE\n\n  × installing dependencies\n        - ms (lockfile: 2.1.2, manifest: 2.1.3)\n",
      "ms (lockfile: 2.1.2, manifest: 2.1.3) (run `pnpm install`",
    ],
    [
      "yarn classic",
      "yarn.lock",
      classic,
      "[1/4] Resolving packages...\nerror Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.\n",
      "package.json and yarn.lock disagree (run `yarn install`",
    ],
    [
      "yarn berry",
      "yarn.lock",
      berry(8),
      "➤ YN0085: │ + ms@npm:2.1.3\n➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.\n",
      "package.json and yarn.lock disagree: ms@npm:2.1.3 (run `yarn install`",
    ],
    [
      "bun",
      "bun.lock",
      "",
      "error: lockfile had changes, but lockfile is frozen\nnote: dependencies in package.json changed since " +
        "bun.lock was saved: ms changed from 2.1.2 to 2.1.3\n",
      "ms changed from 2.1.2 to 2.1.3 (run `bun install`",
    ],
  ])("%s: the lock file disagrees", (_, lockfile, text, output, reason) => {
    const found = failed(lockfile, output, text)
    expect(found.reason).toContain(reason)
    expect(found.isFinal).toBe(true)
  })
  const stack =
    "node:internal/modules/cjs/loader:1568\n  throw err;\n  ^\n\nError: Cannot find module '/src/web/scripts/make.mjs'\n" +
    "    at Module._resolveFilename (node:internal/modules/cjs/loader:1564:15)\n\nNode.js v24.21.0\n"
  it("says what the script said, not where it ran", () =>
    expect(
      failed(
        "package-lock.json",
        `> node scripts/make.mjs\n\n${stack}npm error code 1\nnpm error path /src/web\nnpm error command failed\n` +
          "npm error command sh -c node scripts/make.mjs\nnpm error A complete log of this run can be found in: /root/x.log\n",
      ),
    ).toEqual({ reason: "Error: Cannot find module '/src/web/scripts/make.mjs'", isFinal: false }))
  it("says what a dependency's script said, which npm prints behind its own words", () =>
    expect(
      failed(
        "package-lock.json",
        "npm error code 1\nnpm error path /src/node_modules/native\nnpm error command failed\nnpm error command sh -c make\n" +
          "npm error make: *** No rule to make target 'x'.  Stop.\nnpm error sh: 1: make: not found\n",
      ).reason,
    ).toBe("sh: 1: make: not found"))
  it.each([
    ["pnpm", ` . postinstall$ node gen.js\n${stack} ELIFECYCLE  Command failed with exit code 1.\n`],
    [
      "yarn",
      `yarn install v1.22.22\n[4/4] Building fresh packages...\n$ node gen.js\n${stack}error Command failed with exit code 1.\n`,
    ],
    ["bun", `bun install v1.4.5 (a7733435c)\n${stack}\nerror: prepare script from "@w/lib" exited with 1\n`],
  ])("%s: the same", (_, output) =>
    expect(usefulLine(output)).toBe("Error: Cannot find module '/src/web/scripts/make.mjs'"),
  )
  it.each([
    [' ERR_PNPM_NO_SCRIPT  Missing script: no\n\nCommand "no" not found.\n', "Missing script: no"],
    [
      'yarn run v1.22.22\nerror Command "no" not found.\ninfo Visit https://yarnpkg.com/en/docs/cli/run\n',
      'Command "no" not found',
    ],
    ['error: Script not found "no"\n', 'Script not found "no"'],
  ])("of a script that is missing: %j", (output, reason) => expect(firstError(output)).toContain(reason))
  it.each<[Lockfile, string, string]>([
    [
      "package-lock.json",
      "npm error code 1\nnpm error path /src/node_modules/oven\nnpm error command sh -c node get.js\n",
      "",
    ],
    ["yarn.lock", "error /src/node_modules/oven: Command failed.\nExit code: 1\nCommand: node get.js\n", classic],
    [
      "yarn.lock",
      "➤ YN0009: │ oven@npm:1.0.0 couldn't be built successfully (exit code 1, logs can be found here)\n",
      berry(8),
    ],
    ["pnpm-lock.yaml", " ELIFECYCLE  Command failed with exit code 1.\n", "lockfileVersion: '9.0'\n"],
    ["bun.lock", 'error: postinstall script from "oven" exited with 1\n', ""],
  ])(
    "is not final for %s if a script had no network: a file of the project may say what to get: %j",
    (file, says, text) => {
      const network = "Error: getaddrinfo ENOTFOUND bakery.example\n"
      expect(failed(file, `${network}${says}${network}`, text).isFinal).toBe(false)
      expect(failed(file, network, text).isFinal).toBe(true)
    },
  )
})

describe("the test runner", () => {
  const project = (scripts: object, more: object = {}) => JSON.stringify({ scripts, ...more })
  const v8 = { devDependencies: { "@vitest/coverage-v8": "4" } }
  it.each([
    ["vitest", project({ test: "vitest run --coverage" }), "vitest"],
    ["vitest by another script", project({ test: "npm run unit", unit: "vitest" }), "vitest"],
    ["vitest after other commands", project({ test: "tsc && cross-env CI=1 vitest run" }), "vitest"],
    ["a script of another name", project({ test: "jest", "test:unit": "vitest" }), "vitest", "test:unit"],
    ["Node's runner", project({ test: "node --test" }), "node"],
    ["Node's runner with a loader", project({ test: "node --import tsx --test 'test/*.ts'" }), "node"],
    [
      "Node's runner in a project with vitest",
      project({ test: "node --test" }, { devDependencies: { vitest: "4" } }),
      "node",
    ],
    ["jest", project({ test: "jest --ci" }, { dependencies: { vitest: "4" } }), "jest"],
    ["jest of a React app", project({ test: "react-scripts test" }), "jest"],
    ["mocha in c8", project({ test: "c8 mocha" }), "mocha"],
    ["bun", project({ test: "bun test" }), "bun"],
    ["a script of its own", project({ test: "sh test.sh" }), "other"],
    [
      "a wrapper in a project with vitest",
      project({ test: "run-s test:*" }, { devDependencies: { vitest: "4" } }),
      "other",
    ],
    ["jest that is not the last command", project({ test: "jest && node check.mjs" }), "other"],
    ["two runs of Node's runner", project({ test: "node --test a && node --test b" }), "other"],
    ["a reporter of the script's own", project({ test: "node --test --test-reporter=tap" }), "other"],
    ["nothing", project({}), "none"],
    ["what npm init writes", project({ test: 'echo "Error: no test specified" && exit 1' }), "none"],
  ])("is read from the script: %s", (_, packageJson, runner, script?: string) =>
    expect(testPlan(packageJson, script).runner).toBe(runner),
  )
  it("vitest measures coverage where its provider is installed, also in the root of a workspace", () => {
    const script = project({ test: "vitest run" })
    expect(testPlan(script)).toMatchObject({
      coverage: "none",
      note: "add @vitest/coverage-v8 to devDependencies to measure coverage",
    })
    expect(testPlan(script).args).not.toContain("--coverage.enabled=true")
    expect(testPlan(script, "test", project({}, v8))).toMatchObject({ coverage: "runner", note: "" })
    expect(testPlan(project({ test: "vitest" }, v8)).args).toContain("--coverage.enabled=true")
  })
  it("gets its arguments through the scripts that call it", () => {
    const through = (scripts: object) => testPlan(project(scripts, v8)).args.filter((one) => !one.includes("="))
    expect(through({ test: "npm run unit", unit: "vitest" })).toEqual(["--"])
    expect(through({ test: "npm run unit -- --run", unit: "vitest" })).toEqual([])
    expect(through({ test: "pnpm unit", unit: "vitest" })).toEqual([])
    expect(through({ test: "npm run a", a: "npm run b", b: "vitest" })).toEqual(["--", "--"])
  })
  it("jest is not held by thresholds that its script does not measure", () => {
    expect(testPlan(project({ test: "jest" })).args).toContain("--coverageThreshold={}")
    expect(testPlan(project({ test: "jest --coverage" })).args).not.toContain("--coverageThreshold={}")
  })
  it("of Node and mocha is measured by V8, or by the tool that the script has", () => {
    expect(testPlan(project({ test: "node --test" }))).toMatchObject({
      coverage: "v8",
      args: [],
      env: {
        NODE_V8_COVERAGE: "/var/coverage",
        NODE_OPTIONS: expect.stringContaining("--test-reporter=junit") as string,
      },
    })
    expect(testPlan(project({ test: "mocha" }))).toMatchObject({ coverage: "v8" })
    expect(testPlan(project({ test: "nyc --all mocha" }))).toMatchObject({ coverage: "nyc", env: {} })
    expect(testPlan(project({ test: "c8 node --test" }))).toMatchObject({ coverage: "c8" })
  })
})

describe("what a test runner writes", () => {
  const node = `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
	<testcase name="adds" time="0.001" classname="test" file="/src/web/test/a.test.js"/>
	<testsuite name="sums" tests="1">
	<testcase name="fails &lt;here>" time="0.0009" classname="test" file="/src/web/test/a.test.js" failure="3 == 4">
		<failure type="testCodeFailure" message="3 == 4">
[Error [ERR_TEST_FAILURE]: 3 == 4] {
      at TestContext.&lt;anonymous> (/src/web/test/a.test.js:4:35)
      at Test.runInAsyncScope (node:async_hooks:227:14)
		</failure>
	</testcase>
	</testsuite>
	<testcase name="later" time="0.0001" file="/src/web/test/a.test.js">
		<skipped type="skipped" message="true"/>
	</testcase>
</testsuites>`
  it("Node: JUnit", () =>
    expect(junitOutcome(node, "/src/web")).toEqual({
      tests: 3,
      skipped: 1,
      failing: 1,
      first: "test/a.test.js:4: fails <here>: 3 == 4",
    }))
  it("bun: JUnit with the place in attributes", () =>
    expect(
      junitOutcome(
        '<testsuites><testsuite><testcase name="a" classname="x" time="0.1" file="a.test.ts" line="3" ' +
          'assertions="1"><failure type="AssertionError" /></testcase></testsuite></testsuites>',
        "/src",
      )?.first,
    ).toMatch(/^a\.test\.ts: a/))

  const mocha = JSON.stringify({
    stats: { tests: 3, pending: 1, failures: 2 },
    tests: [
      { fullTitle: "sum adds", file: "/src/mt/b.js", duration: 12, err: {} },
      {
        fullTitle: "sum is wrong",
        file: "/src/mt/b.js",
        err: {
          message: "3 == 5",
          stack: "AssertionError [ERR_ASSERTION]: 3 == 5\n    at Context.<anonymous> (mt/b.js:2:97)",
        },
      },
      { fullTitle: "sum later", file: "/src/mt/b.js", err: {} },
    ],
    pending: [{ fullTitle: "sum later", file: "/src/mt/b.js", err: {} }],
    failures: [
      { fullTitle: "sum is wrong", file: "/src/mt/b.js", err: {} },
      { fullTitle: 'sum "after all" hook', file: "/src/mt/b.js", err: { message: "closed" } },
    ],
  })
  it("mocha: JSON, with hooks that failed", () => {
    expect(mochaOutcome(mocha, "/src")).toEqual({
      tests: 4,
      skipped: 1,
      failing: 2,
      first: "mt/b.js:2: sum is wrong: 3 == 5",
    })
    const junit = mochaJunit(mocha, "/src")
    expect(junit).toContain('<testsuites name="mocha" tests="4" failures="2" skipped="1">')
    expect(junit).toContain('<testcase classname="mt/b.js" file="mt/b.js" name="sum adds" time="0.012"/>')
    expect(junit).toContain("<skipped/>")
    expect(junit).toContain('name="sum &quot;after all&quot; hook"')
    expect(junitOutcome(junit, "/src")).toEqual(mochaOutcome(mocha, "/src"))
    expect(mochaOutcome("", "/src")).toBeUndefined()
  })

  const jest = JSON.stringify({
    numTotalTests: 3,
    numPendingTests: 0,
    numTodoTests: 1,
    numFailedTests: 1,
    testResults: [
      {
        name: "/src/a.spec.js",
        status: "failed",
        message: "  ● sum › is wrong\n\n    expect(received)",
        assertionResults: [
          { fullName: "sum adds", status: "passed", duration: 2, failureMessages: [] },
          {
            fullName: "sum is wrong",
            status: "failed",
            duration: null,
            failureMessages: [
              "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 5\nReceived: 3\n    at Object.toBe (/src/a.spec.js:2:107)",
            ],
          },
          { fullName: "sum later", status: "todo", failureMessages: [] },
        ],
      },
    ],
  })
  it("jest: JSON, whose failures are also the file's message", () => {
    expect(testOutcome(jest, "/src")).toEqual({
      tests: 3,
      skipped: 1,
      failing: 1,
      first: "a.spec.js:2: sum is wrong: expect(received).toBe(expected); Expected: 5; Received: 3",
    })
    expect(junitOutcome(jestJunit(jest, "/src"), "/src")).toMatchObject({ tests: 3, skipped: 1, failing: 1 })
  })
  it("jest: a file that does not load", () => {
    const broken = JSON.stringify({
      numTotalTests: 0,
      numPendingTests: 0,
      numFailedTests: 0,
      testResults: [
        {
          name: "/src/b.spec.js",
          status: "failed",
          message: "  ● Test suite failed to run\n\n    Cannot find module './nothing' from 'src/b.spec.js'\n",
          assertionResults: [],
        },
      ],
    })
    expect(testOutcome(broken, "/src")).toMatchObject({
      failing: 1,
      first: "b.spec.js: Cannot find module './nothing' from 'src/b.spec.js'",
    })
    expect(jestJunit(broken, "/src")).toContain('failures="1"')
  })
  it("bun: lcov, whose lines count as statements", () => {
    const lcov = "SF:a.ts\nDA:1,2\nDA:2,0\nend_of_record\nSF:b.ts\nDA:1,1\nend_of_record\n"
    expect(JSON.parse(summaryOf(lcov))).toEqual({
      total: { statements: { total: 3, covered: 2 } },
      "a.ts": { statements: { total: 2, covered: 1 } },
      "b.ts": { statements: { total: 1, covered: 1 } },
    })
    expect(summaryOf("")).toBe("")
  })
})

describe("a lock file that cannot be read", () => {
  it("is never good news: the audit is inconclusive, the SBOM says what is missing", () => {
    const { answer } = notRead("web/bun.lockb", "it is binary")
    expect(answer).toEqual({ findings: [], unreachable: "web/bun.lockb is not read: it is binary", trouble: "" })
    expect(missingText([])).toBe("")
    expect(missingText(["web/bun.lockb: it is binary"])).toBe("; not read: web/bun.lockb: it is binary")
  })
})
