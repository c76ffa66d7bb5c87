// The engine's scripts, as far as they need no engine.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { moduleOf, standInsOf } from "../../engine/src/dagger.js"
import { imagesOfCall, moduleClosure, wantedImages } from "../../engine/src/modules.js"
import { mainArguments, pathsBelow, repository, statePaths } from "../../engine/src/paths.js"
import { atLeast, machineFaults, type Machine } from "../../engine/src/preflight.js"
import { compiledImage, laterImages, noteCompiled } from "../../engine/src/images.js"
import { canonicalName, programsKey, readRecipes, type Recipe } from "../../engine/src/recipes.js"
import { chooseRunner, type Probe } from "../../engine/src/runner.js"
import { containerId, engineConfig } from "../../engine/src/sandbox.js"
import { hashOf, staleReason, writeStamp } from "../../engine/src/stamp.js"

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "unit-"))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe("an unknown command", { timeout: 30_000 }, () => {
  const commands = [
    .../function main\([\s\S]*?\n\}/
      .exec(readFileSync(join(repository, "engine/src/main.ts"), "utf8"))![0]
      .matchAll(/case "([^"]+)"/g),
  ].map(([, name]) => name)
  const scripts = (
    JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { scripts: Record<string, string> }
  ).scripts

  it.each([
    [["strat"], "unknown command strat"],
    [["toString", "up"], "unknown command toString"],
    [[], "a command is missing"],
  ])("is refused with a list of the commands, before anything is done: %j", (args, fault) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(repository, "engine/run.mjs"), ...args], {
      encoding: "utf8",
      env: { ...process.env, DELIVERY_ENGINE_STATE: folder },
    })
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: "",
      stderr: `${fault}: allowed are ${commands.join(", ")}\n`,
    })
    expect(readdirSync(folder)).toEqual([])
  })
  it("is refused by the pipeline command too", () => {
    // Not through run.mjs: that would link the repository's node_modules to the state folder of this test.
    const { status, stdout, stderr } = spawnSync(process.execPath, [...mainArguments, "pipeline", "stagging"], {
      encoding: "utf8",
      env: { ...process.env, DELIVERY_ENGINE_STATE: folder },
    })
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "npm run pipeline: stagging is not a pipeline; allowed: pr, baseline, publish, dev, stage, prod, rollback, rehearse, init\n",
    })
    expect(readdirSync(folder)).toEqual([])
  })
  it("is in no npm script", () => {
    // The pipeline calls vitest itself, to measure coverage.
    const own = Object.values(scripts).filter((script) => !script.startsWith("vitest run "))
    expect(own).toHaveLength(Object.keys(scripts).length - 1)
    expect(commands).toEqual(expect.arrayContaining(own.map((script) => script.split(" ")[2])))
  })
})

describe("which engine is used", () => {
  const answers =
    (docker: Awaited<ReturnType<Probe>>, podman: Awaited<ReturnType<Probe>>): Probe =>
    async (tool) =>
      tool === "docker" ? docker : podman

  it("is the one that the environment names, before anything else", async () => {
    const runner = await chooseRunner(
      { _EXPERIMENTAL_DAGGER_RUNNER_HOST: "tcp://127.0.0.1:1", DELIVERY_ENGINE: "provision" },
      answers("answers", "answers"),
    )
    expect(runner).toEqual({ kind: "given", host: "tcp://127.0.0.1:1", why: "_EXPERIMENTAL_DAGGER_RUNNER_HOST is set" })
  })
  it("is Docker, then Podman, when a daemon answers", async () => {
    expect(await chooseRunner({}, answers("answers", "answers"))).toMatchObject({ kind: "container", tool: "docker" })
    expect(await chooseRunner({}, answers("no daemon", "answers"))).toMatchObject({ kind: "container", tool: "podman" })
  })
  it("is provisioned when there is a client without a daemon, and the reason says so", async () => {
    expect(await chooseRunner({}, answers("no daemon", "not installed"))).toEqual({
      kind: "provisioned",
      why: "docker: no daemon, podman: not installed",
    })
  })
  it("can be set, and an unknown name is refused", async () => {
    expect(await chooseRunner({ DELIVERY_ENGINE: "podman" }, answers("answers", "answers"))).toMatchObject({
      tool: "podman",
    })
    await expect(chooseRunner({ DELIVERY_ENGINE: "lxc" }, answers("answers", "answers"))).rejects.toThrow(
      "DELIVERY_ENGINE=lxc is not known: allowed are docker, podman, provision",
    )
  })
})

describe("a machine", () => {
  const setupBytes = 27e9
  const good: Machine = {
    uid: 0,
    platform: "linux",
    arch: "x64",
    osRelease: 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n',
    goVersion: "1.26.8",
    freeBytes: setupBytes,
    tun: true,
  }

  it("has no fault when it has everything", () => expect(machineFaults(good, setupBytes, "/s")).toEqual([]))
  it("may be Ubuntu or a relative", () =>
    expect(machineFaults({ ...good, osRelease: 'ID=linuxmint\nID_LIKE="ubuntu debian"\n' }, 1, "/s")).toEqual([]))
  it.each([
    ["not root", { uid: 1000, tun: false }, /^not root \(uid 1000\).*Run as root, or install Docker/],
    [
      "Fedora",
      { osRelease: 'PRETTY_NAME="Fedora Linux 42"\nID=fedora\n' },
      /^this is Fedora Linux 42: .*Debian or Ubuntu is needed/,
    ],
    ["no Go", { goVersion: undefined }, /^no `go` on the PATH.*Install Go 1.25/],
    ["old Go", { goVersion: "1.22.1" }, /^Go 1.22.1 is too old/],
    [
      "a full disk",
      { freeBytes: 3e9 },
      /^too little disk: 3.0 GB free below \/s, 27.0 GB needed.*DELIVERY_ENGINE_STATE/,
    ],
    ["no tun device", { tun: false }, /^\/dev\/net\/tun cannot be opened/],
    ["a Mac", { platform: "darwin", arch: "arm64" }, /^this machine is darwin\/arm64.*Install Docker/],
  ])("has a fault, with what to do about it: %s", (_, change, message) => {
    const faults = machineFaults({ ...good, ...change }, setupBytes, "/s")
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(message)
  })
  it("has all its faults listed at once", () =>
    expect(machineFaults({ ...good, uid: 5, goVersion: undefined, freeBytes: 0 }, setupBytes, "/s")).toHaveLength(3))
  it("has its Go version compared by number", () => {
    expect(atLeast("1.9.7", 1, 25)).toBe(false)
    expect(atLeast("1.25.0", 1, 25)).toBe(true)
    expect(atLeast("1.27rc1", 1, 25)).toBe(true)
  })
})

describe("the state folder", () => {
  it("is below the cache folder, or where the environment says", () => {
    expect(statePaths({ XDG_CACHE_HOME: "/c" }).state).toBe("/c/delivery-engine")
    expect(statePaths({ DELIVERY_ENGINE_STATE: "/s" }).socket).toBe("/s/run/engine.sock")
  })
  it("refuses a path too long for a socket, and folders that prune must not remove", () => {
    expect(() => statePaths({ DELIVERY_ENGINE_STATE: `/${"x".repeat(100)}` })).toThrow("too long")
    expect(() => statePaths({ DELIVERY_ENGINE_STATE: "/" })).toThrow("not a folder of its own")
  })
  it("gives each folder a container of its own", () =>
    expect(containerId(pathsBelow("/a"))).not.toBe(containerId(pathsBelow("/b"))))
})

describe("Go programs of a stand-in", () => {
  const name = "docker.io/example/tool:1"
  const recipe: Recipe = {
    image: name,
    about: "a",
    from: "base",
    goBuilder: "golang:1",
    go: { "/t": "example.com/t@v1" },
  }
  const key = (change: Partial<Recipe> = {}) => programsKey({ ...recipe, ...change }, "go1")

  it("are the same in another root, with other packages, files and settings", () =>
    expect(
      key({ about: "b", from: "debian:12", debian: ["git"], files: { "/etc/a": "b" }, run: ["true"], user: "nobody" }),
    ).toBe(key()))
  it("are others of another version, project, builder or compiler", () => {
    const others = [
      key({ go: { "/t": "example.com/t@v2" } }),
      key({ goProject: { folder: "prometheus", programs: { "/p": "./p" } } }),
      key({ goBuilder: "golang:2" }),
      programsKey(recipe, "go2"),
    ]
    expect(new Set([key(), ...others]).size).toBe(5)
  })
  it("are none where the recipe compiles nothing", () =>
    expect(programsKey({ image: name, about: "a", from: "base" }, "go1")).toBeUndefined())

  it("leave their build caches to images of the same project that are built later", () => {
    const of = (image: string, folder: string): [string, Recipe] => [
      image,
      { image, about: "a", from: "base", goProject: { folder, programs: {} } },
    ]
    const recipes = new Map([of("helm", "k"), of("k3s", "k"), of("prometheus", "p"), [name, recipe]])
    expect(laterImages(recipes, ["k"], (image) => image === "helm")).toEqual(["k3s"])
    expect(laterImages(recipes, ["k"], () => true)).toEqual([])
    expect(laterImages(recipes, ["p"], (image) => image === "prometheus")).toEqual([])
    expect(laterImages(recipes, [], () => false)).toEqual([])
  })

  it("are taken from the image that the mirror has, while it is that image", () => {
    const paths = pathsBelow(mkdtempSync(join(tmpdir(), "compiled-")))
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(paths.state, path)), { recursive: true })
      writeFileSync(join(paths.state, path), text)
    }
    const digest = `sha256:${"ab".padEnd(64, "0")}`
    const blob = (of: string) => `registry/docker/registry/v2/blobs/sha256/${of.slice(7, 9)}/${of.slice(7)}/data`
    write("images/docker.io__example__tool:1.json", JSON.stringify({ recipe: "old", digest }))
    write("registry/docker/registry/v2/repositories/docker.io/example/tool/_manifests/tags/1/current/link", digest)
    const config = `sha256:${"cd".padEnd(64, "0")}`
    write(blob(config), "{}")
    write(blob(digest), JSON.stringify({ config: { digest: config, size: 2 }, layers: [] }))
    const item = { name, recipe }
    expect(compiledImage(paths, item)).toBeUndefined()
    noteCompiled(paths, item, digest)
    expect(compiledImage(paths, item)).toBe(`docker.io/example/tool@${digest}`)
    expect(compiledImage(paths, { name, recipe: { ...recipe, go: { "/t": "example.com/t@v2" } } })).toBeUndefined()
    noteCompiled(paths, item, "sha256:other")
    expect(compiledImage(paths, item)).toBeUndefined()
    rmSync(paths.state, { recursive: true })
  })
})

describe("registries", () => {
  it("come from the local mirror, a path a registry", () => {
    expect(engineConfig(undefined, 15e9)).toMatchObject({
      registries: {
        "docker.io": { mirrors: ["127.0.0.1:5000/docker.io"] },
        "ghcr.io": { mirrors: ["127.0.0.1:5000/ghcr.io"] },
        "127.0.0.1:5000": { http: true },
      },
    })
  })
  it("come from a company's mirror when one is set", () => {
    expect(engineConfig("mirror.example:5000/proxy", 15e9)).toMatchObject({
      registries: { "docker.io": { mirrors: ["mirror.example:5000/proxy"] }, "mirror.example:5000": {} },
    })
    expect(engineConfig("http://10.1.2.3:80", 15e9)).toMatchObject({
      registries: { "10.1.2.3:80": { http: true }, "ghcr.io": { mirrors: ["10.1.2.3:80"] } },
    })
  })
  it("refuse what is no address", () =>
    expect(() => engineConfig("mirror example", 15e9)).toThrow(
      "DELIVERY_REGISTRY_MIRROR=mirror example: allowed is host",
    ))
})

describe("image names", () => {
  it.each([
    ["golang:1.26", "docker.io/library/golang:1.26"],
    ["grafana/k6:1", "docker.io/grafana/k6:1"],
    ["ghcr.io/a/b:v1", "ghcr.io/a/b:v1"],
    ["localhost/x:1", "localhost/x:1"],
    ["127.0.0.1:5000/docker.io/library/debian:12", "127.0.0.1:5000/docker.io/library/debian:12"],
  ])("%s is %s", (short, full) => expect(canonicalName(short)).toBe(full))
  it("need a tag, and no digest", () => {
    expect(() => canonicalName("golang")).toThrow("golang has no tag")
    expect(() => canonicalName("golang:1@sha256:00")).toThrow("stand-in cannot have it")
  })
})

describe("the stand-ins that Dockerfiles begin with", () => {
  it("are those that have a recipe, in any stage", () =>
    expect(
      standInsOf([
        "FROM python:3.11-slim-bookworm AS test\nFROM test\nCOPY --from=golang:1.26.8-bookworm /a /a\n",
        "FROM redis:1.2.3\nFROM scratch\nFROM debian\nFROM $BASE\nFROM nginx@sha256:00\n",
        "no Dockerfile",
      ]),
    ).toEqual(["docker.io/library/python:3.11-slim-bookworm", "docker.io/library/golang:1.26.8-bookworm"]))
  it("are none without Dockerfiles", () => expect(standInsOf([])).toEqual([]))
})

describe("recipes", () => {
  it("of this repository can be read, and build only on each other", () => {
    const recipes = readRecipes()
    expect([...recipes.keys()]).toContain("docker.io/library/debian:bookworm-slim")
    for (const recipe of recipes.values()) {
      for (const part of [recipe.from, recipe.goBuilder])
        if (part && part !== "base") expect([...recipes.keys()]).toContain(canonicalName(part))
    }
  })
  it("say which key they do not know, and which is missing", () => {
    writeFileSync(join(folder, "a.yaml"), "image: docker.io/library/a:1\nabout: x\nfrom: base\napt: [git]\n")
    expect(() => readRecipes(folder)).toThrow(
      "engine/images/a.yaml: apt is not known; allowed are image, about, from, debian",
    )
    writeFileSync(join(folder, "a.yaml"), "image: docker.io/library/a:1\nfrom: base\n")
    expect(() => readRecipes(folder)).toThrow("engine/images/a.yaml: about is missing")
    writeFileSync(join(folder, "a.yaml"), "image: a:1\nabout: x\nfrom: base\n")
    expect(() => readRecipes(folder)).toThrow("must be written in full: docker.io/library/a:1")
  })
  it("say which file is not given as text, and which lockfile is missing", () => {
    const head = "image: docker.io/library/a:1\nabout: x\nfrom: base\n"
    writeFileSync(join(folder, "a.yaml"), `${head}files:\n  etc/a.conf: x\n`)
    expect(() => readRecipes(folder)).toThrow(
      "engine/images/a.yaml: files: etc/a.conf must be an absolute path with the file's text",
    )
    writeFileSync(join(folder, "a.yaml"), `${head}files:\n  /etc/a.conf: 1\n`)
    expect(() => readRecipes(folder)).toThrow("files: /etc/a.conf must be")
    writeFileSync(join(folder, "a.yaml"), `${head}npmLock:\n  /usr/local/lib/a: a\n`)
    expect(() => readRecipes(folder)).toThrow(
      "engine/images/a.yaml: npmLock: there is no engine/images/a/package-lock.json",
    )
    mkdirSync(join(folder, "a"))
    writeFileSync(join(folder, "a/package-lock.json"), "{}")
    expect(readRecipes(folder).get("docker.io/library/a:1")?.npmLock).toEqual({ "/usr/local/lib/a": "a" })
  })
  it("have lockfiles without download addresses", () => {
    for (const project of [...readRecipes().values()].flatMap((recipe) => Object.values(recipe.npmLock ?? {}))) {
      expect(readFileSync(join(repository, "engine/images", project, "package-lock.json"), "utf8")).not.toMatch(
        /"resolved"|https?:\/\/[^"]*registry/,
      )
    }
  })
})

describe("the images that a command needs", () => {
  const module = (name: string, config: object, images?: string) => {
    mkdirSync(join(folder, name, "src"), { recursive: true })
    writeFileSync(join(folder, name, "dagger.json"), JSON.stringify(config))
    if (images) writeFileSync(join(folder, name, "src/images.ts"), images)
  }
  it("are those of the named module and of all that it depends on, each once", async () => {
    module("tool", { name: "tool" }, 'export const images = { tool: "vendor/tool:1" }')
    module("other", { name: "other", dependencies: [{ name: "tool", source: "../tool" }] })
    module("root", {
      name: "root",
      source: "ci",
      dependencies: [
        { name: "tool", source: "../tool" },
        { name: "other", source: "../other" },
      ],
    })
    expect(moduleClosure(join(folder, "root"))).toEqual([
      join(folder, "root/ci"),
      join(folder, "tool"),
      join(folder, "other"),
    ])
    expect(moduleOf(["-m", "tool", "call"], folder)).toBe(join(folder, "tool"))
    expect(moduleOf(["call", "--mod=other"], folder)).toBe(join(folder, "other"))
    expect(moduleOf(["core", "version"], folder)).toBe(folder)
    expect([...(await imagesOfCall(folder, []))]).toEqual([])
    expect([...(await wantedImages([join(folder, "tool"), join(folder, "other")]))]).toEqual([
      ["docker.io/vendor/tool:1", [join(folder, "tool")]],
    ])
  })
  it("are fewer where the module says what each function uses", async () => {
    module("tool", { name: "tool" }, 'export const images = { tool: "vendor/tool:1" }')
    module("large", { name: "large" }, 'export const images = { large: "vendor/large:2" }')
    module("root", {
      name: "root",
      source: "ci",
      dependencies: [
        { name: "tool", source: "../tool" },
        { name: "large", source: "../large" },
      ],
    })
    mkdirSync(join(folder, "root/ci/src"), { recursive: true })
    const uses = '{ pr: { modules: ["tool"], images: ["own"], configured: { large: [".large.yml"] } } }'
    writeFileSync(
      join(folder, "root/ci/src/images.ts"),
      `export const images = { own: "own:3", other: "other:4" }\nexport const uses = ${uses}`,
    )
    const names = async (words: string[], ...files: string[]) => [
      ...(await imagesOfCall(join(folder, "root"), words, () => new Set(files))).keys(),
    ]
    expect(await names(["--silent", "call", "pr", "verdict"])).toEqual([
      "docker.io/vendor/tool:1",
      "docker.io/library/own:3",
    ])
    expect(await names(["pr"], "large.yml")).toEqual(await names(["pr"]))
    expect(await names(["pr"], "main.go", ".large.yml")).toEqual([
      "docker.io/vendor/tool:1",
      "docker.io/vendor/large:2",
      "docker.io/library/own:3",
    ])
    expect(await names(["functions"])).toEqual([
      "docker.io/library/own:3",
      "docker.io/library/other:4",
      "docker.io/vendor/tool:1",
      "docker.io/vendor/large:2",
    ])
  })
})

describe("steps that run once", () => {
  it("run again when inputs change, or a file is missing, cut or altered", async () => {
    const paths = pathsBelow(folder)
    const file = join(folder, "out")
    const inputs = hashOf("a")
    expect(await staleReason(paths, "s", inputs, true)).toBe("not built yet")
    writeFileSync(file, "hello")
    await writeStamp(paths, "s", inputs, [file])
    expect(await staleReason(paths, "s", inputs, true)).toBeUndefined()
    expect(await staleReason(paths, "s", hashOf("b"), true)).toBe("its inputs changed")
    writeFileSync(file, "hellO")
    expect(await staleReason(paths, "s", inputs, false)).toBeUndefined()
    expect(await staleReason(paths, "s", inputs, true)).toMatch("corrupt")
    writeFileSync(file, "hell")
    expect(await staleReason(paths, "s", inputs, false)).toMatch("another size")
    rmSync(file)
    expect(await staleReason(paths, "s", inputs, false)).toMatch("missing")
    writeFileSync(join(paths.steps, "s.json"), "{")
    expect(await staleReason(paths, "s", inputs, false)).toMatch("cannot be read")
  })
})
