// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  gitleaks: "ghcr.io/gitleaks/gitleaks:v8.30.1",
}
