// The images of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  k3s: "rancher/k3s:v1.34.4-k3s1",
  kubectl: "registry.k8s.io/kubectl:v1.34.4",
  debian: "debian:bookworm-slim",
}
