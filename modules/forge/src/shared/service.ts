// Generated from modules/shared/service.ts by `npm run sync`; do not edit.
// Connects a container to the running service that a step tests.
import type { Container, Service } from "@dagger.io/dagger"
import { uncached } from "./nonce"

/** A running service: where it comes from, and the host name that it gets. */
export interface Connection {
  /** The service; undefined if the address is reachable from the engine. */
  service?: Service
  serviceName: string
  /** Any value not used before; may be empty. */
  nonce?: string
}

/** The container with the service as a host, different in each call: a step that tests a service is never cached. */
export function connected(container: Container, { service, serviceName, nonce }: Connection): Container {
  return uncached(service ? container.withServiceBinding(serviceName, service) : container, nonce)
}
