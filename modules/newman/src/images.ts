// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  newman: "postman/newman:6.2.2-ubuntu",
}
