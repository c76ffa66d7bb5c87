// What an orchestrator asks of each service.
import { folder, get, recipes, restaurant, suppliers } from "./requests.mjs"

export default folder(
  "running",
  ...Object.entries({ suppliers, recipes, restaurant }).map(([name, base]) =>
    folder(
      name,
      get("Alive", `${base}/livez`, `api.status(200)`),
      get("Ready", `${base}/readyz`, `api.status(200)`),
      get("Version", `${base}/version`, `api.is(200, "version")`),
    ),
  ),
)
