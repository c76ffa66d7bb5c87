// The images that the pipelines themselves use, by tag, and what each function of `ci` needs. Scripts on the host import this
// file too: plain data, no imports of Dagger.
import { checkFunctions, usesOfChecks, type Uses } from "./catalogue"

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

const checking = usesOfChecks()
const building = ["dockerfile", "golang", "node", "image", "registry", "helm", "gitflow", "ecr"]
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
const whole = {
  ...checking,
  modules: [...new Set([...checking.modules, ...chain.modules])],
  images: [...new Set([...checking.images, ...chain.images])],
}

/** What each function needs. A machine that builds its images itself waits for these only. */
export const uses: Record<string, Uses> = {
  config: { modules: [], images: ["golang"] },
  init: { modules: [], images: ["golang"] },
  pr: checking,
  fix: { modules: ["golang", "node"], images: ["golang"] },
  ...Object.fromEntries(Object.entries(checkFunctions).map(([name, steps]) => [name, usesOfChecks(steps)])),
  product: { modules: ["dockerfile", "golang", "node", "postgres", "redis"], images: ["debian", "golang", "nginx"] },
  baseline: {
    modules: ["dockerfile", "golang", "node", "postgres", "redis", "newman"],
    images: ["debian", "golang", "nginx"],
  },
  publish: { modules: building, images: ["golang", "nginx"] },
  dev: chain,
  stage: chain,
  prod: chain,
  evidence: { modules: ["registry", "gitflow", "ecr"], images: ["golang"] },
  rollback: { modules: ["helm", "kubernetes", "eks", "ecr", "registry", "health", "slack"], images: [] },
  rehearse: whole,
  auto: whole,
}
