// An ephemeral Kubernetes: its node is ready, two live side by side, and kubectl says what it says.
// inputs: modules/kubernetes modules/helm modules/registry test/fixtures/cluster
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { parts } from "../lib/parts"
import { dagger } from "../sdk/dagger"

const repository = join(import.meta.dirname, "../..")

/** What test/fixtures/cluster says of each of the two clusters. */
interface Seen {
  node: string
  names: string[]
  wrong: string
  evidence: string[]
}

describe("two clusters side by side", () => {
  let seen: Seen[] = []
  beforeAll(async () => {
    const { code, stdout, stderr } = await dagger(
      ["--silent", "-m", "test/fixtures/cluster", "call", "pair", `--parts=${parts()}`],
      { cwd: repository, seconds: 300 },
    )
    expect(code, stderr).toBe(0)
    seen = JSON.parse(stdout)
  })

  it("have a node that is ready", () => {
    for (const { node } of seen) expect(node).toMatch(/^node +Ready +\S+ +\S+ +v1\.34\.4/)
  })
  it("have namespaces of their own", () =>
    expect(seen.map(({ names }) => names)).toEqual([["namespace/space-0"], ["namespace/space-1"]]))
  it("answer what is wrong with kubectl's own words", () => {
    for (const { wrong } of seen) expect(wrong).toContain('the server doesn\'t have a resource type "nonsense"')
  })
  it("give what they hold as files", () => {
    for (const { evidence } of seen)
      expect(evidence).toEqual(["describe.txt", "events.txt", "logs/", "pods.txt", "workloads.txt"])
  })
})

describe("kubectl", () => {
  it("does not wait long for what does not answer, and says so", async () => {
    const kubeconfig = join(repository, "test/fixtures/cluster/kubeconfig.yaml")
    const { code, stderr } = await dagger(
      [
        "--silent",
        "-m",
        "modules/kubernetes",
        "call",
        "with-cluster",
        `--kubeconfig=file:${kubeconfig}`,
        "exec",
        "--args=get,nodes",
        "--wait=2",
      ],
      { cwd: repository },
    )
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/the cluster is not ready after 2 s: .*kubernetes/)
  })
})
