// Releases in a cluster: successful, crashing, killed and simultaneous deployments, and rollbacks.
// inputs: modules/helm modules/kubernetes modules/registry test/fixtures/cluster
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { parts } from "../lib/parts"
import { dagger } from "../sdk/dagger"

const repository = join(import.meta.dirname, "../..")
const canary = "canary-one\ncanary two\nca?nary/three="

/** What test/fixtures/cluster says of a result. */
interface Told {
  status: string
  reason: string
  exitCode: number
  revision: number
  output: string
  /** The last status in helm's history. */
  last?: string
  files: string[]
}
type Revisions = { revision: number; status: string; description: string }[]
interface Releases {
  good: { results: Told[]; kept: string; inCluster: string; history: Revisions; removed: Told; none: string }
  crash: { first: Told; good: Told; second: Told; rolledBack: Told; before: string; logs: string }
  image: { digest: string; wrong: Told; secret: Told; slow: Told }
  hooks: { first: Told; before: Told; good: Told; back: Told; after: Told }
  killed: {
    install: Told
    installStatus: string
    mended: Told
    up: Told
    killedUp: Told
    upgradeStatus: string
    mendedUp: Told
    refused: Told
    atWork: Told
    history: Revisions
  }
}

describe("releases in a cluster", () => {
  let found: Releases
  let all = ""
  beforeAll(async () => {
    const { code, stdout, stderr } = await dagger(
      [
        "--progress=plain",
        "-m",
        "test/fixtures/cluster",
        "call",
        "releases",
        "--chart=test/fixtures/cluster/chart",
        "--canary=env:CANARY",
        `--parts=${parts()}`,
      ],
      { cwd: repository, seconds: 840, env: { CANARY: canary } },
    )
    expect(code, stderr).toBe(0)
    found = JSON.parse(stdout)
    all = stdout + stderr
  })
  const red = (told: Told, reason: RegExp): void => {
    expect(told.reason).toMatch(reason)
    expect(told.status).toBe("failed")
    expect(told.last ?? "failed").toBe("failed")
  }

  it("a deploy is green when all is ready, and is not taken for done when nothing has changed", () => {
    for (const [i, told] of found.good.results.entries())
      expect(told).toMatchObject({
        status: "passed",
        exitCode: 0,
        revision: i + 1,
        reason: `revision ${i + 1}: deployment good, 2 ready; statefulset good-store, 1 ready`,
      })
    expect(found.good.history.map(({ revision, status }) => [revision, status])).toEqual([
      [1, "superseded"],
      [2, "deployed"],
    ])
  })
  it("its reports have pods, events, logs, and helm's own words", () =>
    expect(found.good.results[0]!.files).toEqual(
      expect.arrayContaining([
        "result.json",
        "output.txt",
        "helm.txt",
        "history.json",
        "pods.txt",
        "events.txt",
        "describe.txt",
        "workloads.txt",
        expect.stringMatching(/^logs\/good-.*\/app\.log$/),
      ]),
    ))
  it("a secret is in the cluster and nowhere else", () => {
    expect(found.good.inCluster).toBe(String(canary.length))
    for (const hidden of [...canary.split("\n"), Buffer.from(canary).toString("base64"), encodeURIComponent(canary)])
      expect(all).not.toContain(hidden)
    expect(found.good.kept).toContain("the password is ***")
  })
  it("what is removed is gone", () => {
    expect(found.good.removed).toMatchObject({ status: "passed", reason: "revision 2 is removed" })
    expect(found.good.none).toBe("[]")
  })

  it("a container that crashes is red within seconds, with its last words", () => {
    for (const told of [found.crash.first, found.crash.second]) {
      red(
        told,
        /^pod crash-\S+, container app: (CrashLoopBackOff|restarted 2 times): exit code 3: fatal: there is no menu$/,
      )
      expect(told.exitCode, "not the time-out's").toBe(1)
    }
    expect(found.crash.logs).toMatch(/app(\.previous)?\.log\nopening the kitchen\nfatal: there is no menu/)
  })
  it("a first deploy that failed does not block the next", () =>
    expect(found.crash.good).toMatchObject({
      status: "passed",
      revision: 2,
      reason: "revision 2: deployment crash, 1 ready",
    }))
  it("a rollback goes to the last revision that was good, and keeps the evidence of the bad one", () => {
    expect(found.crash.rolledBack).toMatchObject({
      status: "passed",
      revision: 4,
      reason: "revision 4: deployment crash, 1 ready",
    })
    expect(found.crash.rolledBack.output).toContain("crash goes from revision 3 (failed) back to 2")
    expect(found.crash.before).toContain("fatal: there is no menu")
    expect(found.crash.before).toMatch(/BackOff +pod\/crash-/)
  })

  it("an image that is not there is red within seconds, with its name", () => {
    red(found.image.wrong, /^pod image-\S+, container app: (ErrImagePull|ImagePullBackOff): /)
    expect(found.image.wrong.reason).toContain(found.image.digest)
    expect(found.image.wrong.exitCode, "not the time-out's").toBe(1)
  })
  it("a secret that is missing is red within seconds, with its name", () =>
    red(found.image.secret, /^pod secret-\S+, container app: CreateContainerConfigError: secret "missing" not found$/))
  it("what is not ready in time says what is late", () => {
    red(
      found.image.slow,
      /^not ready after \d+ s: deployment slow has 0 of 1 ready: pod slow-\S+, container app: (is not ready|ContainerCreating)/,
    )
    expect(found.image.slow.exitCode).toBe(124)
  })

  it("a hook that fails is red with its last words", () =>
    red(found.hooks.before, /pre-upgrade hooks failed.*container hook: ended: exit code 4: the table is locked/))
  it("a rollback whose hook fails is red and goes back all the same", () => {
    expect(found.hooks.back).toMatchObject({ status: "failed", last: "deployed" })
    expect(found.hooks.back.reason).toMatch(
      /job hooks-post-rollback failed.*container hook: ended: exit code 5: cannot undo; went back without hooks$/,
    )
    expect(found.hooks.after.status).toBe("passed")
  })

  it("a first install that was killed is mended by the next deploy", () => {
    expect(found.killed.install.status).toBe("failed")
    expect(found.killed.installStatus).toBe("pending-install")
    expect(found.killed.mended).toMatchObject({ status: "passed", revision: 2 })
    expect(found.killed.mended.output).toContain("took over the lock of first, which has not been renewed for 15 s")
    expect(found.killed.mended.output).toContain(
      "recovered: install was pending-install at revision 1; marked as failed",
    )
  })
  it("an upgrade that was killed is mended by the next deploy", () => {
    expect(found.killed.up).toMatchObject({ status: "passed", revision: 1 })
    expect(found.killed.killedUp.status).toBe("failed")
    expect(found.killed.upgradeStatus).toBe("deployed pending-upgrade")
    expect(found.killed.mendedUp).toMatchObject({ status: "passed", revision: 4 })
    expect(found.killed.mendedUp.output).toContain(
      "recovered: upgrade was pending-upgrade at revision 2; went back to revision 1",
    )
  })
  it("a second deploy at the same time is refused, and the first goes on", () => {
    expect(found.killed.refused).toMatchObject({
      status: "failed",
      exitCode: 6,
      reason: "the release upgrade is locked by fourth, which is still renewing its lock: try again when it has ended",
    })
    expect(found.killed.atWork).toMatchObject({ status: "passed", revision: 5 })
    expect(found.killed.history.map(({ status }) => status)).toEqual([
      "superseded",
      "pending-upgrade",
      "superseded",
      "superseded",
      "deployed",
    ])
  })
})

describe("a deploy", () => {
  it("that cannot reach the cluster says so within its limit", async () => {
    const { code, stdout, stderr } = await dagger(
      [
        "--silent",
        "-m",
        "modules/helm",
        "call",
        "with-cluster",
        `--kubeconfig=file:${repository}/test/fixtures/cluster/kubeconfig.yaml`,
        "deploy",
        "--chart=test/fixtures/cluster/chart/Chart.yaml",
        "--release=x",
        "--namespace=x",
        "--wait=2",
        "reason",
      ],
      { cwd: repository },
    )
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^the cluster does not answer: .*kubernetes.* \(tried for 2 s\)$/m)
  })
})
