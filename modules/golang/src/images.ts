// The images and tools of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  golang: "golang:1.26.8-bookworm",
}

/** Installed with `go install`: no image exists for them. */
export const tools = {
  staticcheck: "honnef.co/go/tools/cmd/staticcheck@v0.7.0",
  /** For modules that require a newer Go than the image has. */
  newerStaticcheck: "honnef.co/go/tools/cmd/staticcheck@v0.8.2",
  gotestsum: "gotest.tools/gotestsum@v1.13.0",
}
