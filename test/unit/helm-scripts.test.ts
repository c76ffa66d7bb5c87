// The scripts of the module helm with a cluster and a helm that a few lines of bash stand in for: who may write what, and when.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { historyWithLabels, outcome, type Outcome } from "../../modules/helm/src/read"
import { deployScript, rollbackScript, uninstallScript } from "../../modules/helm/src/scripts/release"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scripts-"))
  mkdirSync(join(folder, "state"))
  mkdirSync(join(folder, "bin"))
  program("kubectl", kubectl)
  write("records", "")
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A kubectl that keeps its objects as files of the folder state; a file `no-<what>` makes it refuse. */
const kubectl = `
cd "$STATE"; all="$*"
echo "$(date +%s%N) $all" >> calls
refuse() { if [ -e "no-$1" ]; then cat "no-$1" >&2; exit 1; fi; }
case "$all" in
*"get --raw /readyz"*) ;;
*"get secrets --selector"*) refuse records; cat records ;;
*"get secret "*) cat secret ;;
*"patch secret "*)
  refuse patch
  cp "\${@: -2:1}" patch 2> /dev/null || cp "$(grep -o 'patch-file [^ ]*' <<< "$all" | cut -d ' ' -f 2)" patch ;;
*"create secret "*) refuse secret; echo "kind: Secret" ;;
*" create -f -"*) cat > /dev/null; if [ -e lease ]; then echo AlreadyExists >&2; exit 1; fi; echo 0 > lease ;;
*" replace -f -"*) cat > replaced ;;
*"get lease "*) echo "7 $(cat lease) $(cat holder 2> /dev/null)" ;;
*"patch lease "*) refuse lease; n=$(grep -o '"revision":"[0-9]*"' <<< "$all" | tr -cd 0-9); if [ -n "$n" ]; then echo "$n" > lease; fi ;;
*"get pods -o wide"*) sleep 0.2 ;;
esac
exit 0
`

function program(name: string, text: string): void {
  writeFileSync(join(folder, "bin", name), `#!/bin/bash\n${text}`, { mode: 0o755 })
}
function write(name: string, text: string): void {
  writeFileSync(join(folder, "state", name), text)
}
const read = (name: string): string => readFileSync(join(folder, "state", name), "utf8")
const has = (name: string): boolean => existsSync(join(folder, "state", name))

/** Runs a script in the folder, with a lock that is lost after three seconds instead of twelve. */
function run(script: string, args: string[], env = {}): Outcome & { code: number | null; output: string } {
  const text = script
    .replaceAll("/run/secrets/", `${folder}/secrets/`)
    .replaceAll("/tmp/", `${folder}/`)
    .replaceAll("/report", `${folder}/report`)
    .replaceAll("-lt 12 ]", "-lt 3 ]")
    .replaceAll("sleep 2", "sleep 0.3")
  const { status, stdout, stderr } = spawnSync("bash", ["-c", text, "script", ...args], {
    encoding: "utf8",
    timeout: 60_000,
    env: {
      ...process.env,
      PATH: `${folder}/bin:${process.env.PATH}`,
      STATE: join(folder, "state"),
      RELEASE: "shop",
      NAMESPACE: "prod",
      ...env,
    },
  })
  const file = join(folder, "report/outcome")
  return { ...outcome(existsSync(file) ? readFileSync(file, "utf8") : ""), code: status, output: stdout + stderr }
}
const deploy = (env = {}) => run(deployScript, ["2", "20", "me"], env)

/** A record as helm writes it: JSON, gzip, base64, and base64 again as the Secret has it. */
const encoded = (text: string): string => Buffer.from(gzipSync(text).toString("base64")).toString("base64")
const pending =
  '{"name":"shop","info":{"status":"pending-install","notes":""},"manifest":"a","version":1,"namespace":"prod"}'
const old = "2020-01-01T00:00:00Z"
const justNow = (): string => new Date().toISOString()

describe("helm's own record", () => {
  const broken = (secret: string) => {
    write("records", `1 pending-install sh.helm.release.v1.shop.v1 ${old}\n`)
    write("secret", secret)
    program("helm", "exit 0\n")
    return deploy()
  }
  it("is marked as failed with its resourceVersion, by the lock's holder", () => {
    broken(`41 ${encoded(pending)}`)
    const patch = JSON.parse(read("patch")) as { metadata: object; data: { release: string } }
    expect(patch.metadata).toEqual({ resourceVersion: "41", labels: { status: "failed" } })
    const text = gunzipSync(Buffer.from(Buffer.from(patch.data.release, "base64").toString(), "base64")).toString()
    expect(text).toBe(pending.replace("pending-install", "failed"))
  })
  it.each([
    ["empty", "41 "],
    ["not there", ""],
    ["no base64", "41 !!!"],
    ["cut off", `41 ${encoded(pending).slice(0, 60)}`],
    ["not whole", `41 ${encoded(pending.slice(0, 70))}`],
    ["another release's", `41 ${encoded(pending.replace("shop", "other"))}`],
    ["another revision's", `41 ${encoded(pending.replace(":1,", ":2,"))}`],
    ["no pending one", `41 ${encoded(pending.replace("pending-install", "deployed"))}`],
  ])("that is read as %s is not written back", (_, secret) => {
    const { code, reason } = broken(secret)
    expect(has("patch")).toBe(false)
    expect(code).toBe(1)
    expect(reason).toMatch(/^the release shop is pending-install \(revision 1\) and cannot be repaired/)
  })
})

describe("a deployment that loses its lock", () => {
  it("stops helm first, then saves evidence, and marks nothing as failed", () => {
    program(
      "helm",
      `
if [ "$1" != upgrade ]; then exit; fi
trap 'echo said >> "$STATE/after"' TERM
echo "1 pending-upgrade r $(date -u +%FT%TZ)" > "$STATE/records"; touch "$STATE/no-lease"
for i in {1..120}; do sleep 0.1; date +%s%N > "$STATE/alive"; done
`,
    )
    write("secret", `41 ${encoded(pending)}`)
    const { code, reason, created } = deploy()
    expect([code, created]).toEqual([6, undefined])
    expect(reason).toBe(
      "the lock of shop could not be renewed for 12 s: another deployment may have begun, so helm was stopped",
    )
    const evidence = read("calls")
      .split("\n")
      .find((line) => line.includes("get pods -o wide"))!
      .split(" ")[0]!
    expect(BigInt(read("alive").trim()) < BigInt(evidence)).toBe(true)
    expect([has("after"), has("patch")]).toEqual([false, false])
  }, 30_000)
  it("does not begin if the lock is lost before", () => {
    program("helm", '[ "$1" = history ] || echo "$1" >> "$STATE/ran"\n')
    write("no-lease", "testing value failed")
    expect(deploy()).toMatchObject({ code: 6, created: 0 })
    expect(has("ran")).toBe(false)
  })
})

describe("another's pending release", () => {
  it("is left alone for ten minutes, however often somebody tries", () => {
    program("helm", '[ "$1" = history ] || echo "$1" >> "$STATE/ran"\n')
    write("records", `4 deployed r ${old}\n5 pending-upgrade r ${justNow()}\n`)
    for (const script of [deployScript, deployScript, rollbackScript, uninstallScript]) {
      expect(run(script, ["2", "20", "me", "4", "0"])).toMatchObject({
        code: 6,
        created: 0,
        reason: expect.stringContaining("pending-upgrade (revision 5) without a lock"),
      })
      expect(has("ran")).toBe(false)
    }
  })
  it("is repaired at once if the Lease says that it was a deployment's", () => {
    program(
      "helm",
      'if [ "$1" = rollback ]; then echo "6 deployed r now" >> "$STATE/records"; fi; echo "$*" >> "$STATE/ran"\n',
    )
    write("records", `4 deployed r ${old}\n5 pending-upgrade r ${justNow()}\n`)
    write("lease", "5")
    expect(deploy()).toMatchObject({ code: 0, output: expect.stringContaining("went back to revision 4") })
    expect(read("ran")).toMatch(/^rollback shop 4 /)
    expect(read("replaced"), "the annotation outlives the takeover").toContain('annotations: {revision: "5"}')
  })
})

describe("what a deployment has created", () => {
  const upgrade = (then: string) => program("helm", `if [ "$1" = upgrade ]; then ${then}; fi\n`)
  it("is nothing if helm was not begun", () => {
    upgrade('touch "$STATE/ran"')
    write("no-records", "Unable to connect to the server")
    expect(deploy()).toMatchObject({ code: 7, created: 0, reason: expect.stringContaining("cannot be read: Unable") })
    rmSync(join(folder, "state/no-records"))
    write("no-secret", "secrets is forbidden")
    expect(deploy({ SECRET: "database" })).toMatchObject({ code: 1, created: 0 })
    expect(has("ran")).toBe(false)
  })
  it("is nothing if helm failed before its revision, and the Lease forgets it", () => {
    write("records", `4 deployed r ${old}\n`)
    upgrade('echo "Error: template" >&2; exit 1')
    expect(deploy()).toMatchObject({ code: 1, created: 0, revision: 4 })
    expect(read("lease").trim()).toBe("4")
  })
  it("is the revision, red or green", () => {
    write("records", `4 deployed r ${old}\n`)
    upgrade('echo "5 failed r now" >> "$STATE/records"; echo "Error: hook" >&2; exit 1')
    expect(deploy()).toMatchObject({ code: 1, created: 5 })
    upgrade('echo "6 deployed r now" >> "$STATE/records"')
    expect(deploy()).toMatchObject({ code: 0, created: 6 })
  })
  it("is unknown if the cluster is away afterwards", () => {
    upgrade('echo away > "$STATE/no-records"; echo "Error: connection lost" >&2; exit 1')
    const found = deploy()
    expect(found).toMatchObject({ code: 1, reason: "connection lost" })
    expect(found.created).toBeUndefined()
  })
})

describe("a rollback", () => {
  const history = (...descriptions: string[]) => {
    const one = (description: string, i: number) =>
      `{"revision":${i + 1},"updated":"now","status":"superseded","chart":"c","description":"${description}"}`
    const status = (i: number) => (i === descriptions.length - 1 ? "deployed" : "superseded")
    write("records", descriptions.map((_, i) => `${i + 1} ${status(i)} r ${old}\n`).join(""))
    write("history", `[${descriptions.map(one).join(",")}]`)
    const count = descriptions.length + 1
    program(
      "helm",
      `if [ "$1" = history ]; then cat "$STATE/history"; exit; fi
echo "$*" >> "$STATE/ran"; if [ "$1" = rollback ]; then echo "${count} deployed r now" >> "$STATE/records"; fi\n`,
    )
  }
  const back = (target: string, from = "0") => run(rollbackScript, ["2", "20", "me", target, from])

  it("after a rollback does not go to the revision that was bad", () => {
    history("Install complete", "Upgrade complete", "Rollback to 1")
    expect(back("0")).toMatchObject({ code: 1, reason: "there is no successful revision before 1 to roll back to" })
    expect(has("ran")).toBe(false)
    history("Install complete", "Upgrade complete", "Upgrade complete", "Rollback to 2", "Rollback to 4")
    expect(back("0").code).toBe(0)
    expect(read("ran")).toMatch(/^rollback shop 1 /)
  })
  it("goes back only from the revision that it is meant for", () => {
    history("Install complete", "Upgrade complete", "Upgrade complete")
    expect(back("1", "2")).toMatchObject({
      code: 6,
      created: 0,
      reason: "shop is at revision 3 now, not at 2: another deployment came after it, so nothing is rolled back",
    })
    expect(back("1", "3")).toMatchObject({ code: 0, created: 4 })
  })
})

it("a history has the labels of each revision, without helm's own", () => {
  const output =
    '[{"revision":1,"status":"superseded"},{"revision":2,"status":"deployed"}]\n1 name=shop owner=helm release=abc\n'
  expect(JSON.parse(historyWithLabels(output))).toEqual([
    { revision: 1, status: "superseded", labels: { release: "abc" } },
    { revision: 2, status: "deployed", labels: {} },
  ])
  expect(historyWithLabels("[]\n")).toBe("[]")
})
