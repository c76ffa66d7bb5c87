// Generated from modules/shared/bun.ts by `npm run sync`; do not edit.
// Under bun, Dagger's own client has two faults, which this file mends for the process that imports it; the other shared
// files do. Until Dagger 0.21.4 every error of the engine is replaced by "unknown error", because bun's
// URLSearchParams.toJSON throws (dagger/dagger#13395). From 0.21.5 to 0.21.8 a request fails that the engine answers after
// more than five minutes, because bun's fetch has that limit (dagger/dagger#13637). Nothing changes under node.

/** The parts of a JavaScript runtime that are mended. */
export interface Runtime {
  URLSearchParams: { prototype: object }
  fetch: (input: never, init?: never) => Promise<unknown>
}

/** Lets URLSearchParams be written as JSON whatever its subclass is, and takes the time limit from fetch. */
export function mend(runtime: Runtime): void {
  const prototype = runtime.URLSearchParams.prototype as { toJSON?: () => unknown }
  const { toJSON } = prototype
  if (toJSON) {
    prototype.toJSON = function (this: unknown): unknown {
      try {
        return toJSON.call(this)
      } catch {
        return {}
      }
    }
  }
  const { fetch } = runtime
  const patient = (input: never, init?: object): Promise<unknown> => fetch(input, { timeout: false, ...init } as never)
  runtime.fetch = Object.assign(patient, fetch)
}

if (process.versions.bun !== undefined) mend(globalThis)
