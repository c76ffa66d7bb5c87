import vue from "@vitejs/plugin-vue"
import { defineConfig } from "vitest/config"

// In a cluster the ingress routes /api/<service>/… to the service; on a laptop this proxy does.
const service = (name: string, port: number) => ({
  [`/api/${name}`]: {
    target: process.env[`${name.toUpperCase()}_URL`] ?? `http://localhost:${port}`,
    rewrite: (path: string) => path.replace(`/api/${name}`, ""),
  },
})
const proxy = { ...service("restaurant", 8081), ...service("recipes", 8082), ...service("suppliers", 8083) }

export default defineConfig({
  plugins: [vue()],
  server: { proxy },
  preview: { proxy },
  build: { sourcemap: false },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
    coverage: {
      provider: "v8",
      include: ["src/**/*.{ts,vue}"],
      reporter: ["text", "lcov", "cobertura"],
    },
  },
})
