// lint:terraform: terraform fmt on all Terraform files.
import { dag } from "@dagger.io/dagger"
import type { Stage } from "../report/stages"
import { NotApplicable, defineCheck } from "./check"
import { countFindings } from "./findings"
import { matching, sideOf, terraformFiles } from "./inputs"
import { scanned, silent } from "./results"

/** The exit code if files are not formatted and nothing else was wrong. */
const unformatted = 3

const ended = ({ exitCode }: Stage): boolean => exitCode === 0 || exitCode === unformatted

export const lintTerraform = defineCheck({
  name: "lint:terraform",
  async applies({ source, config, isBase }) {
    const files = await matching(source, sideOf({ isBase }, "terraform"), terraformFiles, config.lint.exclusions)
    return (await files.glob("**/*.tf")).length ? files : new NotApplicable("there is no *.tf")
  },
  run: ({ config, deadline, nonce }, files) => {
    const options = { name: silent, timeout: config.timeouts.lint, deadline, nonce }
    return scanned("lint:terraform", dag.terraform().lint(files, options).reports())
  },
  ended,
  judge: ({ config }) => countFindings(config, { severity: "high", ended }),
})
