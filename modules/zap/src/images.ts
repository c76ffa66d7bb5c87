// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  zap: "zaproxy/zap-stable:2.17.0",
}
