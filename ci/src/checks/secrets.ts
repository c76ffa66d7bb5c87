// secrets: gitleaks on the whole history and the files.
import { dag } from "@dagger.io/dagger"
import type { Status } from "../report/stages"
import { defineCheck } from "./check"
import { countFindings } from "./findings"
import { silent } from "./results"

/** The exit code of gitleaks if it found secrets and nothing else was wrong. */
const secretsFound = 3

export const secrets = defineCheck({
  name: "secrets",
  applies: ({ source }) => source,
  ended: ({ exitCode }) => exitCode === secretsFound,
  isByLines: true,
  async run({ checkout, config, deadline, nonce }, source) {
    const git = checkout.directory(".git")
    const options = { git, name: silent, timeout: config.timeouts.secrets, deadline, nonce, ...config.secrets }
    const result = dag.gitleaks().scan(source, options)
    const [status, reason, seconds, cached, exitCode] = await Promise.all([
      result.status(),
      result.reason(),
      result.seconds(),
      result.cached(),
      result.exitCode(),
    ])
    return {
      found: [{ name: "secrets", status: status as Status, reason, seconds, cached, exitCode }],
      reports: result.reports(),
    }
  },
  // Secrets that were found may be suppressed; any other failure stays one.
  judge: ({ config }) =>
    config.suppressions.length || config.scope === "new"
      ? countFindings(config, { ended: ({ exitCode }) => exitCode === secretsFound })
      : undefined,
})
