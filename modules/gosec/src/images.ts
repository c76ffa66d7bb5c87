// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  gosec: "securego/gosec:2.30.0",
}
