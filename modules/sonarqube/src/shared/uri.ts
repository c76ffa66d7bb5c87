// Generated from modules/shared/uri.ts by `npm run sync`; do not edit.
// Paths as URIs, as SARIF has them.

/** A path as a relative URI: `services/order%20api/order.go`. */
export function uriOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/")
}
