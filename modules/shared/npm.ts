// Node with npm, for modules that install a project.
import { Container, dag } from "@dagger.io/dagger"

/** Node with npm's download cache, which all modules share, and without npm's messages for people. */
export function npmContainer(image: string): Container {
  return dag
    .container()
    .from(image)
    .withMountedCache("/root/.npm", dag.cacheVolume("delivery-node-npm"))
    .withEnvVariable("NO_COLOR", "1")
    .withEnvVariable("CI", "true")
    .withEnvVariable("npm_config_update_notifier", "false")
    .withEnvVariable("npm_config_fund", "false")
    .withEnvVariable("npm_config_audit", "false")
}
