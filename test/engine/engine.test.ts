// The provisioned engine, live: a second engine in a state folder of its own, so that no other is disturbed. What was
// built for the first is reused through hard links; everything that runs is its own.
// inputs: engine test/engine ci/dagger.json
import { execFileSync, spawn } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  copyFileSync,
  openSync,
  writeFileSync,
  writeSync,
  closeSync,
} from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { goRoot } from "../../engine/src/build.js"
import { mainArguments, pathsBelow, repository, statePaths } from "../../engine/src/paths.js"
import { chooseRunner } from "../../engine/src/runner.js"
import { answers, containerId, processLives } from "../../engine/src/sandbox.js"
import { measure } from "../../engine/src/trim.js"

// The tests run with an engine in their environment; these commands choose their own.
const { _EXPERIMENTAL_DAGGER_RUNNER_HOST, ...env } = process.env
const runner = await chooseRunner(env)

describe.runIf(runner.kind === "provisioned")("a provisioned engine", () => {
  const first = statePaths()
  const second = pathsBelow(mkdtempSync(join("/var/tmp", "de-")))
  let before: ReturnType<typeof hostState>

  beforeAll(() => {
    before = hostState()
    for (const folder of ["bin", "tar", "npm", "steps", "content", "registry", "images"])
      execFileSync("cp", ["-al", join(first.state, folder), second.state])
    mkdirSync(join(goRoot(second), ".."), { recursive: true })
    execFileSync("cp", ["-al", goRoot(first), goRoot(second)])
  })
  afterAll(async () => {
    await engine("prune")
    expect(existsSync(second.state)).toBe(false)
  })

  /** Runs `npm run engine -- …` in the second state folder; returns its exit code and whole output. */
  function engine(...args: string[]): Promise<{ code: number; output: string }> {
    return command(["engine", ...args])
  }
  // Not through run.mjs: that would link the repository's node_modules to the second state folder.
  function command(args: string[], extra: Record<string, string> = {}): Promise<{ code: number; output: string }> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [...mainArguments, ...args], {
        cwd: repository,
        env: { ...env, DELIVERY_ENGINE_STATE: second.state, ...extra },
      })
      let output = ""
      child.stdout.on("data", (chunk) => (output += chunk))
      child.stderr.on("data", (chunk) => (output += chunk))
      child.on("close", (code) => resolve({ code: code ?? -1, output }))
    })
  }
  const pid = () => readFileSync(second.enginePid, "utf8").trim()

  it("starts beside the first one, which does not notice", async () => {
    const firstPid = readFileSync(first.enginePid, "utf8")
    const { code, output } = await engine("up")
    expect(output).toContain("it answers")
    expect(code).toBe(0)
    expect(await answers(second)).toBe(true)
    expect(await answers(first)).toBe(true)
    expect(readFileSync(first.enginePid, "utf8")).toBe(firstPid)
    expect(await version()).toBe("v0.19.10")
  })

  it("is the same one after another `up`", async () => {
    const running = pid()
    expect((await engine("up")).code).toBe(0)
    expect(pid()).toBe(running)
    expect((await engine("status")).output).toMatch(/state: +running\n/)
  })

  it("is started again by the next command after kill -9 of the engine", async () => {
    const killed = pid()
    const daggerEngine = descendants(killed).find(({ command }) => command.startsWith("dagger-engine"))!
    process.kill(daggerEngine.pid, "SIGKILL")
    await until(() => !processLives(second.enginePid))
    expect((await engine("status")).output).toContain("died (the next command starts it again)")
    const { code, output } = await engine("up")
    expect(output).toContain("removing what it left")
    expect(code).toBe(0)
    expect(pid()).not.toBe(killed)
    expect(await version()).toBe("v0.19.10")
  })

  it("is one engine when two commands start it at once, after kill -9 of everything", async () => {
    const killed = pid()
    process.kill(Number(readFileSync(second.slirpPid, "utf8")), "SIGKILL")
    process.kill(Number(killed), "SIGKILL")
    await until(() => !processLives(second.enginePid))
    const both = await Promise.all([engine("up"), engine("up")])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(containersNamed(containerId(second))).toBe(1)
    expect(await version()).toBe("v0.19.10")
  })

  it("starts with an empty cache, and says so, when the one it has cannot be opened", async () => {
    expect((await engine("down")).code).toBe(0)
    // The engine itself replaces a damaged database, but not this.
    rmSync(join(second.engine, "worker", "workerid"))
    mkdirSync(join(second.engine, "worker", "workerid"))
    const { code, output } = await engine("up")
    expect(output).toContain("the engine cannot open its cache")
    expect(code).toBe(0)
    expect(await version()).toBe("v0.19.10")
  })

  describe("under a pipeline", () => {
    const source = mkdtempSync(join("/var/tmp", "src-"))
    const start = (reports: string) =>
      command(["pipeline", "pr", `--source=${source}`, `--reports=${join(source, "..", reports)}`, "--only=secrets"])
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", source, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args])
    const reports = (name: string) => `${source.replace(/.*\//, "")}-${name}`

    beforeAll(() => {
      mkdirSync(join(source, "api"))
      writeFileSync(join(source, "api/go.mod"), "module example.com/api\n\ngo 1.26\n")
      writeFileSync(join(source, "delivery.yaml"), "services:\n  api: { path: api, kind: go }\n")
      git("init", "-q")
      git("add", ".")
      git("commit", "-qm", "first")
    })
    afterAll(() => {
      for (const name of ["a", "b", "c"]) rmSync(join(source, "..", reports(name)), { recursive: true, force: true })
      rmSync(source, { recursive: true, force: true })
    })

    it("that is killed with -9 ends the call at once, says so, and the same command then works", async () => {
      const first = start(reports("a"))
      // While it copies the SDKs' content: the rest of an interrupted copy must not disturb the next start.
      const ingest = join(second.engine, "worker/content/ingest")
      await until(() => existsSync(ingest) && readdirSync(ingest).length > 0)
      process.kill(Number(pid()), "SIGKILL")
      const killed = await first
      expect(killed.output).toMatch(
        /the engine stopped while (the pipeline ran|the TypeScript SDK was compiled)\. Run the same command again/,
      )
      expect(killed.code).toBe(2)
      const again = await start(reports("a"))
      expect(again.output).toMatch(/secrets +✔ passed/)
      expect(again.code).toBe(0)
    })

    it("serves two at once", async () => {
      // Another content than above, whose green run is recorded and needs no engine.
      writeFileSync(join(source, "README.md"), "# api\n")
      git("add", ".")
      git("commit", "-qm", "second")
      const both = await Promise.all([start(reports("b")), start(reports("c"))])
      for (const { code, output } of both) {
        expect(output).toMatch(/GREEN \(1 passed, \d+ skipped\)/)
        expect(output).not.toContain("nothing changed since")
        expect(code).toBe(0)
      }
      for (const name of ["b", "c"])
        expect(readdirSync(join(source, "..", reports(name))).sort()).toEqual([
          ".gitignore",
          "dagger.log",
          "findings.sarif",
          "index.html",
          "junit.xml",
          "result.json",
          "secrets",
          "summary.md",
        ])
    })
  })

  it("survives a call that is interrupted while an exec that may fail is running", async () => {
    const inside = { ...env, _EXPERIMENTAL_DAGGER_RUNNER_HOST: `unix://${second.socket}` }
    const running = pid()
    const image = `--address=docker.io/library/debian:bookworm-slim`
    const child = spawn(
      join(second.bin, "dagger"),
      ["core", "--silent", "container", "from", image, "with-exec", "--expect=ANY", "--args=sleep,61", "stdout"],
      { env: inside },
    )
    await until(() => descendants(running).some(({ command }) => command.includes("sleep 61")))
    child.kill("SIGINT")
    await new Promise((resolve) => child.on("close", resolve))
    await until(() => !descendants(running).some(({ command }) => command.includes("sleep 61")))
    expect(await version()).toBe("v0.19.10")
    expect(pid()).toBe(running)
    expect(await answers(second)).toBe(true)
  })

  it("stays below its cap while it runs", async () => {
    const small = { DELIVERY_ENGINE_DISK: "20GB" }
    expect((await command(["engine", "up"], small)).code).toBe(0)
    const query = (text: string) =>
      execFileSync(join(second.bin, "dagger"), ["query", "-M", "--silent"], {
        env: { ...env, _EXPERIMENTAL_DAGGER_RUNNER_HOST: `unix://${second.socket}` },
        cwd: second.state,
        encoding: "utf8",
        input: text,
      })
    const { engine: found } = JSON.parse(query("{ engine { localCache { maxUsedSpace } } }")) as {
      engine: { localCache: { maxUsedSpace: number } }
    }
    const limit = found.localCache.maxUsedSpace
    expect(limit).toBeGreaterThan(7e9)
    expect(limit).toBeLessThan(9e9)
    // Blocks without content: nothing is written, but they count.
    for (const name of ["a", "b", "c"])
      query(
        `{ container { from(address: "debian:bookworm-slim") { withExec(args: ["fallocate", "-l", "3G", "/${name}"]) { sync } } } }`,
      )
    query("{ engine { localCache { prune(useDefaultPolicy: true) } } }")
    expect(measure(second, true).engine).toBeLessThan(limit)
    const { output } = await command(["engine", "status"], small)
    expect(output).toMatch(/folder: +\S+, \d+\.\d GB of 20\.0 GB \(DELIVERY_ENGINE_DISK\)\n/)
    const [, sum] = /folder: +\S+, ([\d.]+) GB/.exec(output)!
    expect(Number(sum)).toBeLessThan(20)
    const refused = await command(["engine", "up"], { DELIVERY_ENGINE_DISK: "9GB" })
    expect(refused.output).toContain("DELIVERY_ENGINE_DISK: 9.0 GB are too little.")
    expect(refused.code).not.toBe(0)
  })

  it("takes its images from a company's mirror when one is set", async () => {
    const { code } = await command(["engine", "up"], {
      DELIVERY_REGISTRY_MIRROR: "http://127.0.0.1:5555",
    })
    expect(code).toBe(0)
    // A second registry, in the engine's own network, that holds one image under the vendor's name.
    const serve =
      "sed -e s/5000/5555/ -e s,/var/lib/registry,/tmp/registry, /etc/registry.yml > /tmp/company.yml && " +
      "exec docker-registry serve /tmp/company.yml >/tmp/company.log 2>&1"
    execFileSync("runc", ["--root", second.runc, "exec", "-d", containerId(second), "sh", "-c", serve])
    const inside = { ...env, _EXPERIMENTAL_DAGGER_RUNNER_HOST: `unix://${second.socket}` }
    const dagger = (...args: string[]) =>
      execFileSync(join(second.bin, "dagger"), ["core", "--silent", ...args], { env: inside, encoding: "utf8" })
    const published = dagger(
      "container",
      "with-new-file",
      "--path=/from",
      "--contents=company",
      "publish",
      "--address=127.0.0.1:5555/library/company-only:1",
    )
    expect(published).toContain("127.0.0.1:5555/library/company-only:1@sha256:")
    expect(dagger("container", "from", "--address=company-only:1", "file", "--path=/from", "contents").trim()).toBe(
      "company",
    )
  })

  it("finds a part that was altered on disk by its digest, and builds it again", async () => {
    await engine("down")
    const file = join(second.npm, "node_modules/npm/package.json")
    alterByte(file)
    expect((await engine("doctor")).output).toMatch(/✘ npm: .*npm\/package.json is corrupt/)
    const { code, output } = await engine("up")
    expect(output).toContain("is corrupt: its digest is not the one it was built with; building it again")
    expect(code).toBe(0)
    expect((await engine("doctor")).output).toContain("✔ npm: built, digests as recorded")
  })

  it("leaves no trace on the host", async () => {
    expect((await engine("down")).code).toBe(0)
    expect(await answers(second)).toBe(false)
    expect(containersNamed(containerId(second))).toBe(0)
    expect(hostState()).toEqual(before)
    expect(execFileSync("getent", ["hosts", "localhost"], { encoding: "utf8" })).toContain("localhost")
  })

  it("says what is wrong with a machine before it builds anything", async () => {
    const empty = mkdtempSync(join("/var/tmp", "de-"))
    const { code, output } = await command(["engine", "up"], {
      DELIVERY_ENGINE_STATE: empty,
      PATH: `${join(process.execPath, "..")}:/usr/bin:/bin:/usr/sbin:/sbin`,
    })
    expect(code).not.toBe(0)
    expect(output).toContain("no `go` on the PATH: the engine is built from Go modules. Install Go 1.25 or newer.")
    expect(readdirSync(empty).filter((name) => name !== "lock")).toEqual([])
    rmSync(empty, { recursive: true })
  })

  async function version(): Promise<string> {
    return execFileSync(join(second.bin, "dagger"), ["core", "--silent", "version"], {
      env: { ...env, _EXPERIMENTAL_DAGGER_RUNNER_HOST: `unix://${second.socket}` },
      encoding: "utf8",
      timeout: 60_000,
    }).trim()
  }

  /** What an engine could leave on the host: resolver, interfaces, mounts, network namespaces, cgroups, firewall rules. */
  function hostState() {
    const read = (file: string, args: string[]) => {
      try {
        return execFileSync(file, args, { encoding: "utf8" })
      } catch {
        return "" // Not installed: then there are no rules of this kind.
      }
    }
    return {
      resolver: readFileSync("/etc/resolv.conf", "utf8"),
      hosts: readFileSync("/etc/hosts", "utf8"),
      interfaces: readdirSync("/sys/class/net").sort(),
      mounts: readFileSync("/proc/self/mounts", "utf8").split("\n").sort(),
      forwarding: readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8"),
      namespaces: existsSync("/run/netns") ? readdirSync("/run/netns") : [],
      cgroups: readdirSync("/sys/fs/cgroup")
        .flatMap((controller) =>
          statSync(join("/sys/fs/cgroup", controller)).isDirectory()
            ? readdirSync(join("/sys/fs/cgroup", controller))
                .filter((name) => name.startsWith("delivery-engine"))
                .map((name) => `${controller}/${name}`)
            : [],
        )
        .sort(),
      rules: read("iptables-save", []) + read("nft", ["list", "ruleset"]),
    }
  }

  function containersNamed(id: string): number {
    return (
      (
        JSON.parse(execFileSync("runc", ["--root", second.runc, "list", "--format", "json"], { encoding: "utf8" })) as
          { id: string; status: string }[] | null
      )?.filter((container) => container.id === id && container.status === "running").length ?? 0
    )
  }

  /** Changes one byte in the middle of a file, in a copy of its own: the original may be shared by a hard link. */
  function alterByte(file: string): void {
    copyFileSync(file, `${file}.copy`)
    unlinkSync(file)
    copyFileSync(`${file}.copy`, file)
    unlinkSync(`${file}.copy`)
    const fd = openSync(file, "r+")
    writeSync(fd, "\0", Math.floor(statSync(file).size / 2))
    closeSync(fd)
  }
})

interface Process {
  pid: number
  command: string
}

function descendants(pid: string): Process[] {
  const children = execFileSync("sh", ["-c", `pgrep -P ${pid} -a || true`], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean)
    .map((line) => ({ pid: Number(line.split(" ")[0]), command: line.slice(line.indexOf(" ") + 1) }))
  return children.flatMap((child) => [child, ...descendants(String(child.pid))])
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 100))
  expect(condition()).toBe(true)
}
