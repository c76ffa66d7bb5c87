/** What live tests run on, as one name: another image behind a tag is another name, and so is a run after one that was red. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { statePaths } from "../../engine/src/paths.js"
import { hashOf } from "../../engine/src/stamp.js"

const { state, images } = statePaths()
const redFile = join(state, "last-red-test")

/** Hash of the stand-ins' stamps (vendors' tags do not move), and of when a test was last red. */
export function parts(): string {
  const stamps = existsSync(images) ? readdirSync(images).sort() : []
  return hashOf(
    stamps.map((name) => [name, readFileSync(join(images, name), "utf8")]),
    existsSync(redFile) && readFileSync(redFile, "utf8"),
  )
}

/** After a red test all is asked again: evidence that is wrong by chance must not stay. */
export function forget(): void {
  if (existsSync(state)) writeFileSync(redFile, String(Date.now()))
}
