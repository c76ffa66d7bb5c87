// The images of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  helm: "alpine/helm:3.19.0",
  kubectl: "registry.k8s.io/kubectl:v1.34.4",
  debian: "debian:bookworm-slim",
}
