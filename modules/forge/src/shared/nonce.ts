// Generated from modules/shared/nonce.ts by `npm run sync`; do not edit.
// Keeps what a container does from being answered out of the cache.
import "./bun"
import type { Container } from "@dagger.io/dagger"

/** The container, a different one for each nonce but the empty one: for a function that may answer from the cache. */
export function withNonce(container: Container, nonce: string): Container {
  return nonce === "" ? container : container.withEnvVariable("NONCE", nonce)
}

/** The container, different in each call: for what reaches or changes something live. The nonce may be empty. */
export function uncached(container: Container, nonce: string = ""): Container {
  return container.withEnvVariable("NONCE", `${Date.now()}-${Math.random()}-${nonce}`)
}
