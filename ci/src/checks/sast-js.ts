// sast:js: eslint-plugin-sonarjs on every Node service.
import { dag } from "@dagger.io/dagger"
import { NotApplicable, defineCheck, servicesOf } from "./check"
import { countFindings } from "./findings"
import { nodeInput } from "./inputs"
import { scanned, silent } from "./results"

export const sastJs = defineCheck({
  name: "sast:js",
  applies({ config }) {
    const services = servicesOf(config, "node")
    return services.length ? services : new NotApplicable("no service is of the kind node")
  },
  async run({ source, config, deadline, nonce, isBase }, services) {
    let sources = dag.directory()
    for (const [, service] of services)
      sources = sources.withDirectory(service.path, await nodeInput(source, service, isBase))
    const options = { name: silent, timeout: config.timeouts.lint, deadline, nonce }
    return scanned("sast:js", dag.sonarjs().scan(sources, options).reports())
  },
  judge: ({ config }) => countFindings(config),
})
