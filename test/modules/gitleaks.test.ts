// gitleaks on repositories as from their root: accepted findings, and rules that extend another file.
// inputs: modules/gitleaks
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

const folder = mkdtempSync(join(tmpdir(), "gitleaks-"))
afterAll(() => rmSync(folder, { recursive: true }))

/** A repository, with what it does: writes files, commits everything, and scans. */
function repositoryIn(name: string) {
  const root = join(folder, name)
  mkdirSync(root)
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", root, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim()
  git("init", "--quiet")
  const write = (file: string, text: string): void => {
    mkdirSync(join(root, file, ".."), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  const commit = (): string => {
    git("add", ".")
    git("commit", "--quiet", "--message=Change")
    return git("rev-parse", "HEAD")
  }
  const scan = async (...flags: string[]): Promise<string> => {
    const args = ["--silent", "-m", "modules/gitleaks", "call", "scan", `--source=${root}`, ...flags, "reason"]
    const { code, stdout, stderr } = await dagger(args, { cwd: repository, seconds: 300 })
    expect(code, stderr).toBe(0)
    return stdout.trim()
  }
  return { write, commit, scan }
}

/** A line with a key, the same one each time: of random ones gitleaks passes over some, whose entropy is too low. */
function key(of: string): string {
  return `api_key = "${createHash("sha256").update(of).digest("hex").slice(0, 40)}"\n`
}

describe("a baseline", () => {
  const { write, commit, scan } = repositoryIn("baseline")
  it("accepts what it lists, in the commits and in the files; rules may be in another file", async () => {
    write("account.env", key("baseline"))
    write("ci/rules.toml", '[[rules]]\nid = "badge"\nregex = "badge-[0-9]{4}"\n\n[extend]\nuseDefault = true\n')
    const where = { RuleID: "generic-api-key", File: "account.env", StartLine: 1, EndLine: 1, Commit: commit() }
    write("known.json", JSON.stringify([{ ...where, Description: "", Fingerprint: "" }]))
    expect(await scan("--baseline=known.json", "--config=ci/rules.toml")).toBe("no secret in 1 commits and the files")
    write("b.txt", "badge-1234\n")
    expect(await scan("--baseline=known.json", "--config=ci/rules.toml")).toBe("secret in b.txt:1 badge")
  })
})

describe("a finding that is accepted with its commit", () => {
  const { write, commit, scan } = repositoryIn("accepted")
  it("is accepted in the files too, also when its line has moved, and another secret in its place is not", async () => {
    const line = key("first")
    write("test/account.env", line)
    const first = commit()
    expect(await scan()).toBe("secret in test/account.env:1 generic-api-key")
    write(".gitleaksignore", `${first}:test/account.env:generic-api-key:1\n`)
    commit()
    expect(await scan()).toBe("no secret in 2 commits and the files")
    write("test/account.env", `# For the tests.\n${line}`)
    expect(await scan()).toBe("no secret in 2 commits and the files")
    write("test/account.env", key("third"))
    expect(await scan()).toBe("secret in test/account.env:1 generic-api-key")
  })
})

describe("rules that extend a file of the repository", () => {
  const { write, commit, scan } = repositoryIn("extended")
  it("are found, and are in force", async () => {
    const rule = "[[rules]]\nid = \"badge\"\ndescription = \"A badge.\"\nregex = '''badge-[0-9]{6}'''\n"
    write("ci/secrets/company.toml", `title = "company"\n\n${rule}`)
    write(".gitleaks.toml", '[extend]\npath = "ci/secrets/company.toml"\n')
    write("a.txt", "nothing\n")
    commit()
    expect(await scan()).toBe("no secret in 1 commits and the files")
    write("docs/printer.yaml", `badge: badge-${String(Math.random()).slice(2, 8).padEnd(6, "1")}\n`)
    commit()
    expect(await scan()).toBe("secret in docs/printer.yaml:1 badge")
  })
})
