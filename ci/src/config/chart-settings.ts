// What a deployment sets in the chart, beside the environment's files of values.
import type { Config, Environment } from "./types"

/** Returns the chart values that a deployment of images by digest (`host/name@sha256:…`) sets, as `path=value`. */
export function deploymentSettings(
  { chart }: Pick<Config, "chart">,
  environment: Pick<Environment, "appMode" | "appUrl" | "port">,
  { images, ephemeral }: { images: Record<string, string>; ephemeral: boolean },
): string[] {
  const { values } = chart
  return [
    ...Object.entries(images).flatMap(([service, reference]) => {
      const [repository, digest] = reference.split("@") as [string, string]
      const path = values.image.replace("<service>", service)
      return [`${path}.repository=${repository}`, `${path}.digest=${digest}`]
    }),
    `${values.appMode}=${environment.appMode}`,
    `${values.appUrl}=${environment.appUrl}`,
    ...(ephemeral ? [`${values.nodePort}=${environment.port}`] : []),
    ...(ephemeral && values.demo ? [`${values.demo}=true`] : []),
  ]
}
