/** The state folder: DELIVERY_ENGINE_STATE, or `delivery-engine` below XDG_CACHE_HOME or ~/.cache. */
export function stateFolder(env?: NodeJS.ProcessEnv): string
