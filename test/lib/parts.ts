/** What live tests run on, as one name: another image behind a tag is another name. */
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { statePaths } from "../../engine/src/paths.js"
import { hashOf } from "../../engine/src/stamp.js"

/** Hash of the stand-ins' stamps; the same everywhere with vendors' images, whose tags do not move. */
export function parts(): string {
  const { images } = statePaths()
  const stamps = existsSync(images) ? readdirSync(images).sort() : []
  return hashOf(stamps.map((name) => [name, readFileSync(join(images, name), "utf8")]))
}
