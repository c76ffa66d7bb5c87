// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  postgres: "postgres:15-bookworm",
}
