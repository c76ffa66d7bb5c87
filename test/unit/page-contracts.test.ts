// The front end compares its types with the contracts only where these are beside it: the pipeline has to put them there.
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { parseConfig } from "../../ci/src/config/config"
import { repository } from "../../engine/src/paths"

it("the contracts that the page's types are made of are inputs of its checks", () => {
  const generated = readdirSync(join(repository, "services/frontend/src/contracts"))
  const contracts = generated.map((file) => `services/${file.replace(/\.gen\.ts$/, "")}/openapi.yaml`)
  expect(contracts.length).toBeGreaterThan(0)
  const { frontend } = parseConfig(readFileSync(join(repository, "delivery.yaml"), "utf8")).services
  expect(frontend!.inputs).toEqual(expect.arrayContaining(contracts))
})
