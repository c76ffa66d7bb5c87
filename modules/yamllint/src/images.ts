// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
// yamllint's project publishes none, so it is installed into Python's own, as requirements.ts says.
export const images = {
  python: "python:3.11-slim-bookworm",
}
