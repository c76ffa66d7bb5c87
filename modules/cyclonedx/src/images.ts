// The images and tools of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  golang: "golang:1.26.8-bookworm",
  node: "node:24.21.0-bookworm-slim",
}

/** Installed with `go install`: the vendor's image has no shell. */
export const tools = {
  gomod: "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0",
}
