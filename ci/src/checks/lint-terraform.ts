// lint:terraform: terraform fmt on all Terraform files.
import { dag } from "@dagger.io/dagger"
import { NotApplicable, defineCheck } from "./check"
import { countFindings } from "./findings"
import { matching, terraformFiles } from "./inputs"
import { scanned, silent } from "./results"

/** The exit code if files are not formatted and nothing else was wrong. */
const unformatted = 3

export const lintTerraform = defineCheck({
  name: "lint:terraform",
  async applies({ source, config }) {
    const files = await matching(source, "terraform", terraformFiles, config.lint.exclusions)
    return (await files.glob("**/*.tf")).length ? files : new NotApplicable("there is no *.tf")
  },
  run: ({ config, deadline, nonce }, files) => {
    const options = { name: silent, timeout: config.timeouts.lint, deadline, nonce }
    return scanned("lint:terraform", dag.terraform().lint(files, options).reports())
  },
  judge: ({ config }) =>
    countFindings(config, {
      severity: "high",
      ended: ({ exitCode }) => exitCode === 0 || exitCode === unformatted,
    }),
})
