// Build tags and variables of Go modules, containers for tests, and the shell that prepares Go: modules/shared/.
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { createServer } from "node:net"
import { describe, expect, it } from "vitest"
import { lastLines, startScript } from "../../modules/shared/container-script"
import { settingsOf, settingsText, variablesOf } from "../../modules/shared/go-settings"
import { goShell } from "../../modules/shared/go-shell"

describe("settings of Go modules", () => {
  const all = [
    settingsText({ path: "", tags: ["netgo"], env: [] }),
    settingsText({ path: "api", tags: ["integration"], env: ["GOFLAGS=-mod=mod", "GOEXPERIMENT=jsonv2"] }),
  ]
  it("are those of all modules and of the one", () => {
    expect(settingsOf(all, "api")).toEqual({
      tags: ["netgo", "integration"],
      env: ["GOFLAGS=-mod=mod", "GOEXPERIMENT=jsonv2"],
    })
    expect(settingsOf(all, "web")).toEqual({ tags: ["netgo"], env: [] })
    expect(settingsOf(undefined, "web")).toEqual({ tags: [], env: [] })
  })
  it("are added to flags that a container has", () => {
    expect(variablesOf(settingsOf(all, "api"), ["-trimpath"])).toEqual([
      ["GOEXPERIMENT", "jsonv2"],
      ["GO_TAGS", "netgo,integration"],
      ["GOFLAGS", "-trimpath -tags=netgo,integration -mod=mod"],
    ])
    expect(variablesOf({ tags: [], env: [] }, ["-trimpath"])).toEqual([])
  })
  it.each([
    [{ tags: ["a b"] }, 'tags: "a b" is no build tag'],
    [{ env: ["GOPROXY=off"] }, 'env: "GOPROXY=off" is not NAME=value with one of the names CGO_CFLAGS'],
    [{ env: ["GOFLAGS"] }, "is not NAME=value"],
    [{ env: ["GOFLAGS=-mod=mod -tags=a"] }, "use tags for -tags"],
    [{ env: ["GOFLAGS=-ldflags=-X"] }, "-ldflags are those of the build"],
  ])("are refused: %j", (wrong, words) =>
    expect(() => settingsText({ path: "", tags: [], env: [], ...wrong })).toThrow(words),
  )
})

describe("Go's shell", () => {
  /** Runs a line after the functions, with a `go` that prints. */
  const run = (go: string, line: string): string =>
    execFileSync("bash", ["-c", `go() { ${go}; }\n${goShell}\nunset CGO_ENABLED GOTOOLCHAIN\n${line}`])
      .toString()
      .trim()

  it("downloads another Go only for a go line that requires one", () => {
    const line = 'choose_toolchain; echo "$GOTOOLCHAIN"'
    expect(run("echo 'go: go.mod requires go >= 1.29 (running go 1.26.8; GOTOOLCHAIN=local)' >&2", line)).toBe("auto")
    expect(run("echo example.com/a", line)).toBe("")
  })
  it.each<[boolean, string]>([
    [true, "web/page.go:9:12: pattern dist/*: no matching files found"],
    [true, "go: downloading x.org/a v1.0.0\\nweb/page.go:9:12: pattern all:dist: no matching files found"],
    [
      false,
      "web/page.go:9:12: pattern dist/*: no matching files found\\nweb/page.go:3:2: no required module provides x",
    ],
    [false, "web/page.go:9:12: expected package"],
    [false, ""],
  ])("knows that nothing but embedded files is missing: %j of %j", (isOnly, printed) => {
    const line = 'f=$(mktemp); go > "$f"; if only_embeds "$f"; then echo yes; fi; rm "$f"'
    expect(run(`printf '${printed}'`, line)).toBe(isOnly ? "yes" : "")
  })
  it("compiles C where a package needs it, unless the caller says", () => {
    const line = 'choose_cgo; echo "$CGO_ENABLED"'
    expect(run("echo github.com/mattn/go-sqlite3", line)).toBe("1")
    expect(run(":", line)).toBe("0")
    expect(run("echo x", `CGO_ENABLED=0; ${line}`)).toBe("0")
  })
})

describe("a container for tests", () => {
  const start = (port: number, seconds: number, command: string) =>
    spawnSync("sh", ["-c", startScript, "start", "db", String(port), String(seconds), "sh", "-c", command], {
      encoding: "utf8",
    })

  it("fails when its command ends before it listens", () => {
    const { status, stderr } = start(59_993, 5, "echo no room >&2; exit 3")
    expect([status, stderr]).toEqual([1, "no room\ndb: ended with exit code 3 before it listened on port 59993\n"])
  })
  it("fails when it does not listen in time", () => {
    const { status, stderr } = start(59_994, 1, "exec sleep 5")
    expect([status, stderr]).toEqual([1, "db: did not listen on port 59994 within 1 s\n"])
  })
  it("does not count as ready when only it can reach its port, and runs while it listens", async () => {
    const listen = async (host: string): Promise<number | null> => {
      const server = createServer().listen(0, host)
      await new Promise((done) => server.once("listening", done))
      const { port } = server.address() as { port: number }
      const child = spawn("sh", ["-c", startScript, "start", "db", String(port), "1", "sleep", "2"], {
        stdio: "ignore",
      })
      const code = await new Promise<number | null>((done) => child.once("exit", done))
      server.close()
      return code
    }
    expect(await Promise.all([listen("127.0.0.1"), listen("0.0.0.0")])).toEqual([1, 0])
  })
  it("has its last lines in the error", () => {
    const log =
      "exit code: 1 [traceparent:00-1]\nStdout:\nboot\nStderr:\n2026 [ERROR] no password\n" +
      "db: ended with exit code 1 before it listened on port 3306\n"
    expect(lastLines(log, "db")).toBe(
      "ended with exit code 1 before it listened on port 3306; its last lines: boot | 2026 [ERROR] no password",
    )
    expect(lastLines("pull access denied\n", "db")).toBe("pull access denied")
    expect(lastLines("x".repeat(600), "db")).toHaveLength(500)
  })
})
