// The images that the pipelines themselves use, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  debian: "debian:bookworm-slim",
  golang: "golang:1.26.8-bookworm",
  helm: "alpine/helm:3.19.0",
  nginx: "nginxinc/nginx-unprivileged:1.22",
  node: "node:24.21.0-bookworm-slim",
  postgres: "postgres:15-bookworm",
  redis: "redis:7.0-bookworm",
  prometheus: "prom/prometheus:v3.16.0",
}

const checks = [
  "audit",
  "cyclonedx",
  "gitflow",
  "gitleaks",
  "golang",
  "gosec",
  "node",
  "postgres",
  "redis",
  "sonarjs",
  "sonarqube",
  "yamllint",
]
// Of the modules helm and terraform the checks use their linters alone, which need no cluster.
const linters = ["debian", "golang", "helm"]
/** Modules that are used where a repository has one of these files, and are nothing to wait for elsewhere. */
export const configured = { "golangci-lint": [".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json"] }
const checking = { modules: checks, images: linters, configured }
const building = ["golang", "node", "image", "registry", "helm", "gitflow", "ecr"]
const running = [
  "registry",
  "helm",
  "kubernetes",
  "eks",
  "ecr",
  "gitflow",
  "health",
  "newman",
  "selenium",
  "jmeter",
  "wapiti",
  "prometheus",
  "slack",
]
const seeds = ["postgres", "redis", "prometheus"]
const chain = { modules: [...new Set([...building, ...running])], images: ["golang", "nginx", "node", ...seeds] }
const whole = { modules: [...new Set([...checks, ...chain.modules])], images: chain.images, configured }

/** What each function uses: modules, and images of the list above. Where a machine has to build its images, a call waits for these only. */
export const uses = {
  config: { modules: [], images: [] },
  pr: checking,
  fix: { modules: ["golang", "node"], images: ["golang"] },
  ...Object.fromEntries(
    ["secrets", "lint", "typecheck", "test", "build", "coverage", "sast", "dependencies", "quality"].map((name) => [
      name,
      checking,
    ]),
  ),
  product: { modules: ["golang", "node", "postgres", "redis"], images: ["debian", "golang", "nginx"] },
  baseline: { modules: ["golang", "node", "postgres", "redis", "newman"], images: ["debian", "golang", "nginx"] },
  publish: { modules: building, images: ["golang", "nginx"] },
  dev: chain,
  stage: chain,
  prod: chain,
  rollback: { modules: ["helm", "kubernetes", "eks", "slack"], images: [] },
  rehearse: whole,
  auto: whole,
}
