// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
// yamllint publishes no image: it is installed into Python's, with the versions and hashes of requirements.ts.
export const images = {
  python: "python:3.11-slim-bookworm",
}
