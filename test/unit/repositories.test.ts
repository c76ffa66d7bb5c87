// The repositories of a release: one list for publishing and for Terraform.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { repositoriesOf } from "../../ci/src/config/repositories"
import { faultsOf } from "../lib/faults"

const root = join(import.meta.dirname, "../..")

describe("the repositories of a release", () => {
  it("are those of its images, of the chart by the chart's name, of its files and of its records", () => {
    const services = { web: { image: true }, kit: { image: false }, api: { image: true } }
    expect(repositoriesOf(services, "shop")).toEqual(["api", "charts/shop", "files", "releases", "web"])
  })
  it("are all that publishing pushes to", () => {
    const pushes = ["publish.ts", "record.ts"].map((file) => readFileSync(join(root, "ci/src/release", file), "utf8"))
    const written = pushes
      .join("\n")
      .match(/registry\.address\}\/[^`]*/g)!
      .map((text) => text.split("/")[1])
    const allowed = ["${name}:${identity.sha}", "${chartsFolder}", "${filesRepository}", "${recordsRepository}"]
    expect([...new Set(written)].filter((name) => !allowed.includes(name!))).toEqual([])
  })
  it.each(["charts", "files", "releases"])("leave no image the name %s", (name) => {
    const service = (image: boolean) => `services:\n  ${name}: { path: x, kind: go, image: ${image} }\n`
    expect(faultsOf(service(true)).join()).toContain(`${name} is a repository of the release itself`)
    expect(parseConfig(service(false)).services[name]!.image).toBe(false)
  })
})
