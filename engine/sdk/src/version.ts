/** Versions of the runtimes that a module's package.json may pin. */

/** A warning when a pinned version (`22`, `22.4.0`, `22.4.0-alpine`) is not the one that runs; nothing when it is. */
export function pinWarning(runtime: string, pinned: string, available: string): string[] {
  const parts = (/^v?(\d+(?:\.\d+)*)/.exec(pinned)?.[1] ?? pinned).split(".")
  if (pinned === "latest" || parts.every((part, i) => part === available.split(".")[i])) return []
  return [
    `package.json pins ${runtime}@${pinned}, which this engine does not have: ` +
      `the module runs on ${runtime} ${available}. Pin that version, or use the vendor's engine`,
  ]
}
