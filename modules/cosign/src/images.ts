// The images of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  cosign: "ghcr.io/sigstore/cosign/cosign:v3.1.3",
  debian: "debian:bookworm-slim",
}
