// sast:go: gosec on every Go service.
import { NotApplicable, defineCheck, servicesOf } from "./check"
import { countFindings } from "./findings"
import { inputsOf } from "./inputs"
import { gosec, isGiven } from "./private"
import { cachedResults, finished, scanned, silent, unjudged } from "./results"
import { withGoSettings } from "./settings"

export const sastGo = defineCheck({
  name: "sast:go",
  applies({ config }) {
    const services = servicesOf(config, "go")
    return services.length ? services : new NotApplicable("no service is of the kind go")
  },
  async run({ source, config, deadline, nonce, access, isBase }, services) {
    const delivered = services.map(([, service]) => service)
    const sources = await inputsOf(source, delivered, isBase)
    const paths = delivered.map(({ path }) => path)
    const options = { paths, name: silent, timeout: config.timeouts.lint, deadline, nonce }
    const ready = withGoSettings(gosec(access), delivered)
    if (isGiven(access)) return scanned("sast:go", ready.scan(sources, options).reports())
    const { found, reports } = await cachedResults(
      (attempt) => ready.cachedScan(sources, { ...options, attempt }),
      finished,
    )
    return { found: found.map((stage) => unjudged({ ...stage, name: "sast:go" })), reports }
  },
  judge: ({ config }) => countFindings(config),
})
