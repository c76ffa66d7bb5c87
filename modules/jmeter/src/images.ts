// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  jmeter: "justb4/jmeter:5.6.3",
}
