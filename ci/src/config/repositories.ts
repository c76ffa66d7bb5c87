// The repositories that a release uses, below the registry's address. Publishing, records and Terraform share this list:
// a registry such as ECR takes no push to a repository that does not exist.
import type { Service } from "./types"

/** The folder of charts: `helm push` adds the chart's own name. */
export const chartsFolder = "charts"
/** delivery.yaml and the suites of each release. */
export const filesRepository = "files"
/** Records, and what is said of them. */
export const recordsRepository = "releases"

/** Returns the names of all repositories, sorted. */
export function repositoriesOf(services: Record<string, Pick<Service, "image">>, chartName: string): string[] {
  const images = Object.entries(services).flatMap(([name, { image }]) => (image ? [name] : []))
  return [...images, `${chartsFolder}/${chartName}`, filesRepository, recordsRepository].sort()
}

/** Why a service that is delivered may not have its name; empty if it may. */
export function repositoryFault(name: string): string {
  return [chartsFolder, filesRepository, recordsRepository].includes(name)
    ? `${name} is a repository of the release itself, beside those of the images; give the service another name`
    : ""
}
