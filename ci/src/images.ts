// The images that the pipelines themselves use, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  debian: "debian:bookworm-slim",
  golang: "golang:1.26.8-bookworm",
  nginx: "nginxinc/nginx-unprivileged:1.22",
}

/** What each function uses: modules, and images of the list above. Where a machine has to build its images, a call waits for these only. */
export const uses = {
  pr: { modules: ["gitleaks", "golang", "node", "postgres", "redis"], images: [] },
  product: { modules: ["golang", "node", "postgres", "redis"], images: ["debian", "golang", "nginx"] },
  baseline: { modules: ["golang", "node", "postgres", "redis", "newman"], images: ["debian", "golang", "nginx"] },
}
