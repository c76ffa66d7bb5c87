// lint:yaml: yamllint on all YAML of the repository, by its own rules or for errors only.
import { dag } from "@dagger.io/dagger"
import { NotApplicable, defineCheck } from "./check"
import { countFindings } from "./findings"
import { matching, sideOf } from "./inputs"
import { notYaml } from "./paths"
import { scanned, silent } from "./results"

const settings = [".yamllint", ".yamllint.yaml", ".yamllint.yml"]
const patterns = ["**/*.yaml", "**/*.yml"]

export const lintYaml = defineCheck({
  name: "lint:yaml",
  async applies({ source, config, isBase }) {
    const [charts, vendored] = await Promise.all([source.glob("**/Chart.yaml"), source.glob("**/vendor/modules.txt")])
    const exclude = [...notYaml(charts, vendored), ...config.lint.exclusions]
    const files = await matching(source, sideOf({ isBase }, "yaml"), [...patterns, ...settings], exclude)
    const found = (await Promise.all(patterns.map((pattern) => files.glob(pattern)))).flat()
    return found.every((file) => settings.includes(file)) ? new NotApplicable("there is no *.yaml or *.yml") : files
  },
  run: ({ config, deadline, nonce }, files) => {
    const options = { image: "", name: silent, timeout: config.timeouts.lint, deadline, nonce }
    return scanned("lint:yaml", dag.yamllint().lint(files, options).reports())
  },
  judge: ({ config }) => countFindings(config, { severity: "high" }),
})
