// Names and nonces that no earlier call used.
import { randomBytes } from "node:crypto"

/** Returns 16 random hexadecimal digits. */
export function unique(): string {
  return randomBytes(8).toString("hex")
}
