// The images of this stand-in, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  ministack: "ministackorg/ministack:1.5.33",
  node: "node:24.21.0-bookworm-slim",
  registry: "registry:2.8.2",
  crane: "gcr.io/go-containerregistry/crane:v0.20.6",
}
