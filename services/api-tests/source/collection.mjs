// Writes product.postman_collection.json: `node services/api-tests/source/collection.mjs`.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import degraded from "./degraded.mjs"
import feedback from "./feedback.mjs"
import recipes from "./recipes.mjs"
import { folder, script } from "./requests.mjs"
import restaurant from "./restaurant.mjs"
import running from "./running.mjs"
import suppliers from "./suppliers.mjs"

const text = (file) => readFileSync(join(import.meta.dirname, file), "utf8")

/** Where the collection stands. */
export const target = join(import.meta.dirname, "../product.postman_collection.json")

/** The collection as text. */
export function collection() {
  const whole = {
    info: {
      name: "product",
      description: "The product's API at one origin, {{baseUrl}}. Made by services/api-tests/source: change it there.",
      schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    },
    // A request asks for a fresh answer only where it says so; Postman would do it in each.
    protocolProfileBehavior: { disabledSystemHeaders: { "cache-control": true } },
    event: [script("prerequest", text("checks.js")), script("test", text("every-answer.js"))],
    variable: [{ key: "baseUrl", value: "http://localhost:8080" }],
    item: [folder("product", running, suppliers, recipes, restaurant, feedback), degraded],
  }
  return `${JSON.stringify(whole, null, 1)}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, collection())
