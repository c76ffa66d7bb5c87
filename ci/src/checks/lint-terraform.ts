// lint:terraform: terraform fmt on all files of Terraform and OpenTofu; those in JSON have to be readable.
import { dag } from "@dagger.io/dagger"
import type { Stage } from "../report/stages"
import { NotApplicable, defineCheck } from "./check"
import { countFindings } from "./findings"
import { configurations, matching, sideOf, terraformFiles } from "./inputs"
import { scanned, silent } from "./results"

/** The exit code if files are not formatted and nothing else was wrong. */
const unformatted = 3

const ended = ({ exitCode }: Stage): boolean => exitCode === 0 || exitCode === unformatted

export const lintTerraform = defineCheck({
  name: "lint:terraform",
  async applies({ source, config, isBase }) {
    const files = await matching(source, sideOf({ isBase }, "terraform"), terraformFiles, config.lint.exclusions)
    const found = (await Promise.all(configurations.map((pattern) => files.glob(pattern)))).flat()
    return found.length ? files : new NotApplicable("there is no *.tf, *.tofu, *.tf.json or *.tofu.json")
  },
  run: ({ config, deadline, nonce }, files) => {
    const options = { name: silent, timeout: config.timeouts.lint, deadline, nonce }
    return scanned("lint:terraform", dag.terraform().lint(files, options).reports())
  },
  ended,
  judge: ({ config }) => countFindings(config, { severity: "high", ended }),
})
