// The images of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  registry: "registry:2.8.2",
  crane: "gcr.io/go-containerregistry/crane:v0.20.6",
  debian: "debian:bookworm-slim",
}
