// lint:golangci: golangci-lint on every Go service that has a configuration for it, in its own folder or above.
import { Directory, dag } from "@dagger.io/dagger"
import { NotApplicable, defineCheck, servicesOf } from "./check"
import { countFindings } from "./findings"
import { goInput } from "./inputs"
import { golangciConfig } from "./paths"
import { scanned, silent } from "./results"
import { withGoSettings } from "./settings"

export const lintGolangci = defineCheck({
  name: "lint:golangci",
  async applies({ source, config }) {
    const files = (await source.glob("**/.golangci.*")).filter((file) => !file.includes("node_modules/"))
    const goServices = servicesOf(config, "go")
    const services = goServices.flatMap(([, { path, inputs, tags, goenv }]) => {
      const settings = golangciConfig(path, files)
      return settings ? [{ path, inputs, tags, goenv, settings }] : []
    })
    if (services.length) return services
    return new NotApplicable(
      goServices.length
        ? "no Go service has a .golangci.yml, .yaml, .toml or .json, in its folder or above"
        : "no service is of the kind go",
    )
  },
  async run({ source, config, deadline, nonce }, services) {
    let sources = dag.directory()
    for (const { path, inputs, settings } of services)
      sources = sources
        .withDirectory(".", await goInput(source, path, inputs))
        .withFile(settings, source.file(settings))
    const options = {
      paths: services.map(({ path }) => path),
      inputs: await existing(sources, [...new Set(services.flatMap(({ inputs }) => inputs))]),
      name: silent,
      timeout: config.timeouts.lint,
      deadline,
      nonce,
    }
    return scanned("lint:golangci", withGoSettings(dag.golangciLint(), services).lint(sources, options).reports())
  },
  judge: ({ config }) => countFindings(config, { severity: "medium" }),
})

/** Returns the paths that exist in a directory. */
async function existing(directory: Directory, paths: string[]): Promise<string[]> {
  return (await Promise.all(paths.map(async (path) => ((await directory.exists(path)) ? path : [])))).flat()
}
