// The images and tools of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  golang: "golang:1.26.8-bookworm",
  node: "node:24.21.0-bookworm-slim",
}

/** Installed with `go install`: no image exists for it. */
export const tools = {
  govulncheck: "golang.org/x/vuln/cmd/govulncheck@v1.9.0",
}
