// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  golang: "golang:1.26.8-bookworm",
}
