// The pure parts of the modules kubernetes and helm.
import { spawnSync } from "node:child_process"
import { X509Certificate, createPrivateKey } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import * as helm from "../../modules/helm/src/read"
import { rules } from "../../modules/helm/src/scripts/watch"
import { certificateAuthority } from "../../modules/kubernetes/src/certificate"
import { kubeconfigOf, registries } from "../../modules/kubernetes/src/settings"

describe("a cluster's authority", () => {
  const { certificate, key } = certificateAuthority("kubernetes-test", 30, new Date("2026-03-04T05:06:07Z"))
  const read = new X509Certificate(certificate)
  it("is a certificate that signs others, made by itself", () => {
    expect([read.ca, read.subject, read.issuer]).toEqual([true, "CN=kubernetes-test", "CN=kubernetes-test"])
    expect(read.verify(read.publicKey)).toBe(true)
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true)
  })
  it("is valid from an hour before, because clocks differ", () =>
    expect([read.validFrom, read.validTo].map((date) => new Date(date).toISOString())).toEqual([
      "2026-03-04T04:06:07.000Z",
      "2026-04-03T05:06:07.000Z",
    ]))
  it("is another one each time", () =>
    expect(new X509Certificate(certificateAuthority("x", 1).certificate).serialNumber).not.toBe(
      new X509Certificate(certificateAuthority("x", 1).certificate).serialNumber,
    ))
})

describe("a cluster's files", () => {
  it("name the registry, and what it serves too, by plain HTTP", () => {
    const mirrors = {
      "registry:5000": { endpoint: ["http://registry:5000"] },
      "docker.io": { endpoint: ["http://registry:5000"] },
    }
    expect(parse(registries("registry:5000", ["docker.io", "registry:5000"]))).toEqual({ mirrors })
  })
  it("refuse what is no registry's name", () =>
    expect(() => registries("registry:5000", ["http://docker.io"])).toThrow(
      'mirrors: "http://docker.io" is not the name of a registry',
    ))
  it("are a kubeconfig", () => {
    const config = parse(kubeconfigOf("https://kubernetes:6443", "CERT", "token"))
    expect(config.clusters[0].cluster).toEqual({
      server: "https://kubernetes:6443",
      "certificate-authority-data": "Q0VSVA==",
    })
    expect([config.users[0].user, config["current-context"], config.contexts[0].context]).toEqual([
      { token: "token" },
      "ephemeral",
      { cluster: "ephemeral", user: "ephemeral" },
    ])
  })
})

describe("helm's inputs", () => {
  it("passes single values on, and refuses what is none", () => {
    expect(helm.setArguments(["a=1", "b.c=x y"])).toEqual(["--set", "a=1", "--set", "b.c=x y"])
    expect(() => helm.setArguments(["canary"])).toThrow('set: "canary" is not NAME=value')
  })
  it.each(["", "A", "-a", "a_b", "a".repeat(54), "$(id)"])("refuses the release %j", (name) =>
    expect(() => helm.checkName("release", name, 53)).toThrow("release: "),
  )
  it("takes a Secret with keys, or none", () => {
    expect(() => helm.checkSecret("", [])).not.toThrow()
    expect(() => helm.checkSecret("db", ["user", "password"])).not.toThrow()
    expect(() => helm.checkSecret("", ["user"])).toThrow("secretName: ")
    expect(() => helm.checkSecret("db", [])).toThrow("secretName: db has no keys")
    expect(() => helm.checkSecret("db", ["../x"])).toThrow('with-secret: "../x" must consist of')
    expect(() => helm.checkSecret("db", ["a", "a"])).toThrow("with-secret: a is given twice")
  })
  it("reads charts with their files of values", () => {
    expect(helm.lintRuns(["a", "./b/=b/x.yaml+b/y.yaml", "."])).toEqual([
      { chart: "a", values: [] },
      { chart: "b", values: ["b/x.yaml", "b/y.yaml"] },
      { chart: ".", values: [] },
    ])
    expect(() => helm.lintRuns([])).toThrow("charts: give at least one")
    for (const text of ["", "=x", "a=b=c", "a\tb"]) expect(() => helm.lintRuns([text])).toThrow("is not folder")
  })
  it("knows a registry's host", () => {
    expect([
      helm.registryHost("registry:5000/charts"),
      helm.registryHost("oci://example.com/a/b"),
      helm.registryHost("example.com"),
    ]).toEqual(["registry:5000", "example.com", "example.com"])
    expect(() => helm.registryHost("http://registry:5000")).toThrow("is not host/path")
  })
})

describe("helm's outputs", () => {
  const digest = `sha256:${"a".repeat(64)}`
  it("names what was pushed by its digest", () => {
    expect(helm.pushed(`Pushed: registry:5000/charts/demo:0.1.0\nDigest: ${digest}\n`)).toBe(
      `registry:5000/charts/demo@${digest}`,
    )
    expect(() => helm.pushed("Error: unexpected status from HEAD request: 401 Unauthorized\n")).toThrow(
      "helm push named no digest: unexpected status from HEAD request: 401 Unauthorized",
    )
  })
  it("says why it failed", () => {
    expect(
      helm.trouble(
        "==> Linting chart\n[ERROR] templates/: parse error\n\nError: 1 chart(s) linted, 1 chart(s) failed\n",
      ),
    ).toBe("1 chart(s) linted, 1 chart(s) failed")
    expect(helm.trouble("WARNING: Kubernetes configuration file is group-readable\nboom\n")).toBe("boom")
    expect(helm.trouble("")).toBe("")
  })
  it("reads an outcome", () => {
    expect(helm.outcome("reason=revision 3: deployment web, 2 ready\nrevision=3\n")).toEqual({
      reason: "revision 3: deployment web, 2 ready",
      revision: 3,
    })
    expect(helm.outcome("reason=a=b\nrevision=\n")).toEqual({ reason: "a=b", revision: undefined })
    expect(helm.outcome("")).toEqual({ reason: "", revision: undefined })
  })
})

describe("what is seen of a release", () => {
  const folder = mkdtempSync(join(tmpdir(), "rules-"))
  afterAll(() => rmSync(folder, { recursive: true }))
  const columns = [
    "kind",
    "name",
    "uid",
    "release",
    "hook",
    "owner",
    "number",
    "hash",
    "generation",
    "observed",
    "wanted",
    "replicas",
    "updated",
    "ready",
    "available",
    "updateRevision",
    "desired",
    "updatedNodes",
    "readyNodes",
    "deleted",
    "placed",
  ]
  const object = (fields: Record<string, string | number>): string =>
    columns.map((column) => fields[column] ?? "").join("\t")
  const deployment = (fields: Record<string, string | number> = {}): string =>
    object({
      kind: "Deployment",
      name: "web",
      uid: "d1",
      release: "demo",
      generation: 2,
      observed: 2,
      wanted: 1,
      replicas: 1,
      updated: 1,
      ready: 1,
      available: 1,
      ...fields,
    })
  const sets = [
    object({ kind: "ReplicaSet", name: "web-1", uid: "r1", owner: "d1", number: 9 }),
    object({ kind: "ReplicaSet", name: "web-2", uid: "r2", owner: "d1", number: 10 }),
  ]
  const pod = (name: string, owner: string, fields: Record<string, string | number> = {}): string =>
    object({ kind: "Pod", name, uid: `uid-${name}`, owner, ...fields })
  const container = (name: string, restarts: number, ready: boolean, reason = "", code = "", message = ""): string =>
    ["Container", name, `uid-${name}`, "app", restarts, ready, reason, code, message].join("\t")
  const assess = (before: string[], now: string[], applied = "1"): string[] => {
    writeFileSync(join(folder, "before"), before.map((line) => `${line}\n`).join(""))
    writeFileSync(join(folder, "now"), now.map((line) => `${line}\n`).join(""))
    const { stdout, stderr } = spawnSync(
      "awk",
      [
        "-F",
        "\t",
        "-v",
        "release=demo",
        "-v",
        `applied=${applied}`,
        rules,
        join(folder, "before"),
        join(folder, "now"),
      ],
      { encoding: "utf8" },
    )
    expect(stderr).toBe("")
    return stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replaceAll("\t", "|"))
  }

  it("a deployment is rolled out when its replicas are new, ready, and alone", () => {
    expect(assess([], [deployment()])).toEqual(["ready|deployment web|1"])
    for (const fields of <Record<string, number>[]>[{ observed: 1 }, { updated: 0 }, { available: 0 }, { replicas: 2 }])
      expect(assess([], [deployment(fields)])[0]).toMatch(/^waiting\|deployment web\|/)
    expect(assess([], [deployment({ release: "other" })])).toEqual([])
  })
  it("a stateful set is, when all its pods are new and ready", () => {
    const set = (ready: number): string =>
      object({
        kind: "StatefulSet",
        name: "db",
        uid: "s1",
        release: "demo",
        generation: 1,
        observed: 1,
        wanted: 2,
        updated: 2,
        ready,
        updateRevision: "db-2",
      })
    expect([assess([], [set(2)]), assess([], [set(1)])]).toEqual([
      ["ready|statefulset db|2"],
      ["waiting|statefulset db|1 of 2 ready"],
    ])
    expect(
      assess([], [set(1), pod("db-0", "s1", { hash: "db-1" }), container("db-0", 0, false, "CrashLoopBackOff", "1")]),
    ).toEqual(["waiting|statefulset db|1 of 2 ready"])
  })
  it("a container that crashes is bad in a pod of the newest revision alone", () => {
    const crashing = container("web-2-x", 1, false, "CrashLoopBackOff", "3")
    expect(assess([], [deployment(), ...sets, pod("web-2-x", "r2"), crashing])).toContain(
      "bad|web-2-x|app|CrashLoopBackOff|3|",
    )
    expect(assess([], [deployment(), ...sets, pod("web-2-x", "r1"), crashing])).toEqual(["ready|deployment web|1"])
    expect(assess([], [deployment({ observed: 1 }), ...sets, pod("web-2-x", "r2"), crashing])).toEqual([
      "waiting|deployment web|1 of 1 ready",
    ])
    expect(assess([], [deployment(), ...sets, pod("web-2-x", "r2", { deleted: "2026-01-01" }), crashing])).toEqual([
      "ready|deployment web|1",
    ])
  })
  it("a pod that was there before says nothing until helm has applied everything", () => {
    const old = [pod("web-2-x", "r2"), container("web-2-x", 7, false, "CrashLoopBackOff", "3")]
    expect(assess(old, [deployment(), ...sets, ...old], "")).toEqual(["ready|deployment web|1"])
    expect(assess(old, [deployment(), ...sets, ...old])).toContain("bad|web-2-x|app|CrashLoopBackOff|3|")
  })
  it("restarts count from when helm began", () => {
    const seen = (restarts: number): string[] => [pod("web-2-x", "r2"), container("web-2-x", restarts, true)]
    expect(assess(seen(7), [deployment(), ...sets, ...seen(8)])).toEqual(["ready|deployment web|1"])
    expect(assess(seen(7), [deployment(), ...sets, ...seen(9)])).toContain("bad|web-2-x|app|restarted 2 times||")
    expect(assess([], [deployment(), ...sets, ...seen(2)])).toContain("bad|web-2-x|app|restarted 2 times||")
  })
  it("what is late is named with what Kubernetes says", () => {
    expect(assess([], [deployment(), ...sets, pod("web-2-x", "r2", { placed: '"0/1 nodes"' })])).toContain(
      'slow|web-2-x||cannot be placed|"0/1 nodes"',
    )
    expect(assess([], [deployment(), ...sets, pod("web-2-x", "r2"), container("web-2-x", 0, false)])).toContain(
      "slow|web-2-x|app|is not ready|",
    )
  })
  it("a hook's pod that ended badly is told, if the hook is new", () => {
    const hook = [
      object({ kind: "Job", name: "migrate", uid: "j1", hook: "pre-upgrade" }),
      pod("migrate-x", "j1"),
      container("migrate-x", 0, false, "", "4"),
    ]
    expect(assess([], hook)).toEqual(["ended|migrate-x|app|ended|4|"])
    expect(assess(hook, hook)).toEqual([])
  })
})
