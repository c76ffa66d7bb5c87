// How the module helm pushes a chart, with a helm that a few lines of bash stand in for: never twice, never another one.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { pushed, trouble } from "../../modules/helm/src/read"
import { pushScript } from "../../modules/helm/src/scripts/chart"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "chart-"))
  for (const name of ["bin", "run", "registry"]) mkdirSync(join(folder, name))
  writeFileSync(join(folder, "chart.tgz"), "the chart")
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/**
 * A helm whose registry is a folder, with the archive of each version; its messages are those of helm 3.19. A file
 * `refuses` is its answer to everything, `meanwhile` is run before a push.
 */
const helm = `
cd "$STATE"; echo "$*" >> calls
digest() { echo "Digest: sha256:$(sha256sum < registry/1.2.3 | cut -c1-64)" >&2; }
case "$*" in
*"show chart oci://"*) if [ -e missing ]; then echo 'Error: GET "https://r": response status code 404: name unknown: no' >&2; exit 1; fi ;;
"show chart"*) printf 'apiVersion: v2\\nname: demo\\nversion: "1.2.3"\\n' ;;
pull*)
  if [ -e refuses ]; then cat refuses >&2; exit 1; fi
  if [ ! -e registry/1.2.3 ]; then echo 'Error: failed to perform "FetchReference" on source: r:5000/charts/demo:1.2.3: not found' >&2; exit 1; fi
  cp registry/1.2.3 "$6/demo-1.2.3.tgz"; digest ;;
push*)
  if [ -e meanwhile ]; then . ./meanwhile; fi
  if [ -e missing ]; then echo 'Error: failed to perform "Push" on destination: Post "https://r/v2/": EOF' >&2; exit 1; fi
  if [ -e registry/1.2.3 ]; then echo 'Error: PUT "https://r/v2/": response status code 400: tag invalid: immutable' >&2; exit 1; fi
  cp run/chart.tgz registry/1.2.3; echo "Pushed: r:5000/charts/demo:1.2.3" >&2; digest ;;
esac
`

function push() {
  writeFileSync(join(folder, "bin/helm"), `#!/bin/bash${helm}`, { mode: 0o755 })
  rmSync(join(folder, "calls"), { force: true })
  const { status, stdout } = spawnSync(
    "bash",
    ["-c", pushScript.replaceAll("/run/helm", join(folder, "run")), "push", "20", "r:5000", "r:5000/charts", ""],
    {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, PATH: `${join(folder, "bin")}:${process.env.PATH}`, STATE: folder },
    },
  )
  const calls = existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : ""
  return { status, stdout, pushes: calls.split("\n").filter((line) => line.startsWith("push ")).length }
}

describe("a chart", () => {
  it("is pushed once: the second time it is looked at", () => {
    const first = push()
    expect([first.status, first.pushes]).toEqual([0, 1])
    expect(pushed(first.stdout)).toMatch(/^r:5000\/charts\/demo@sha256:\w{64}$/)
    const again = push()
    expect([again.status, again.pushes]).toEqual([0, 0])
    expect(pushed(again.stdout)).toBe(pushed(first.stdout))
  })
  it("is an error if its version is another chart there", () => {
    push()
    writeFileSync(join(folder, "chart.tgz"), "another chart")
    const { status, stdout, pushes } = push()
    expect([status, pushes]).toEqual([3, 0])
    const there =
      /^r:5000\/charts\/demo:1\.2\.3 is another chart already: give this one another version \(there sha256:/
    expect(trouble(stdout)).toMatch(there)
    expect(trouble(stdout)).toMatch(/ here sha256:\w{64}\)$/)
  })
  it("is there if another run has pushed the same at the same time", () => {
    writeFileSync(join(folder, "meanwhile"), "cp run/chart.tgz registry/1.2.3")
    const { status, stdout } = push()
    expect(status).toBe(0)
    expect(pushed(stdout)).toMatch(/^r:5000\/charts\/demo@sha256:/)
    writeFileSync(join(folder, "meanwhile"), "echo other > registry/1.2.3")
    rmSync(join(folder, "registry/1.2.3"))
    expect(push().status).toBe(3)
  })
  it("names the repository that is missing, with the chart's own name, and how to create it", () => {
    writeFileSync(join(folder, "missing"), "")
    const { status, stdout } = push()
    expect(status).toBe(1)
    expect(trouble(stdout)).toMatch(
      /^r:5000 has no repository charts\/demo, and a push does not create it: create it first, by/,
    )
  })
  it("is not pushed to a registry that refuses to be asked", () => {
    writeFileSync(
      join(folder, "refuses"),
      "Error: GET: response status code 403: denied: Your authorization token has expired.",
    )
    const { status, stdout, pushes } = push()
    expect([status, pushes]).toEqual([1, 0])
    expect(trouble(stdout)).toContain("authorization token has expired")
  })
})
