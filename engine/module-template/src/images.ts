// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  debian: "debian:bookworm-slim",
}
