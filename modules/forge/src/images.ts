// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  node: "node:24.21.0-bookworm-slim",
}
