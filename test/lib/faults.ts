// What the pipeline says of a delivery.yaml with faults.
import { ConfigError, parseConfig } from "../../ci/src/config/config"

/** Returns the faults of a delivery.yaml; throws if it has none. */
export function faultsOf(text: string): string[] {
  try {
    parseConfig(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  throw new Error("no fault was found")
}
