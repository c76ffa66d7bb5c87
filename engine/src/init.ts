// `npm run pipeline -- init`: writes the delivery.yaml of a repository that has none. Needs no engine: git lists the files.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { detectServices, detectedTable } from "../../ci/src/config/detect.js"
import { initText, isThere, type Measured } from "../../ci/src/config/init.js"
import { filesOf, gitIn } from "./repository-files.js"

/** Writes delivery.yaml into a source folder, with the gates that the last run's reports give. Returns the exit code. */
export function initCommand(source: string, reports: string): number {
  const file = join(source, "delivery.yaml")
  if (existsSync(file)) return refused(`${file}: ${isThere}`)
  const files = listed(source)
  if (files === undefined)
    return refused(`${source} is not the root of a git repository; run \`git init\`, or name its root with --source`)
  const detected = detectServices(files, (path) => readFileSync(join(source, path), "utf8"))
  const measured = resultIn(reports)
  writeFileSync(file, initText(detected, { measured, branch: branchOf(source) }), { flag: "wx" })
  const found = detected.services.length ? detectedTable(detected).split("\n").slice(1) : ["no service was found"]
  const gates = measured
    ? `The gates are those of ${join(reports, "result.json")}.`
    : `Nothing was measured: run \`npm run pipeline -- pr --source ${source}\` before \`init\` for gates that begin at what there is.`
  console.log([...found, "", `wrote ${file}. ${gates}`].join("\n"))
  return 0
}

function refused(reason: string): number {
  console.error(`init: ${reason}`)
  return 2
}

/** The files of a repository that exist; undefined if the folder is no root of one. */
function listed(source: string): string[] | undefined {
  if (!existsSync(join(source, ".git"))) return undefined
  return filesOf(source)?.filter((file) => existsSync(join(source, file)))
}

/** The result of the last run of `pr`, if there is one. */
function resultIn(reports: string): Measured | undefined {
  const file = join(reports, "result.json")
  if (!existsSync(file)) return undefined
  const result = JSON.parse(readFileSync(file, "utf8")) as Measured & { pipeline?: string }
  return result.pipeline === "pr" ? result : undefined
}

/** The branch that changes are merged into: develop, that of origin's HEAD, main, or master; undefined if there is none. */
function branchOf(source: string): string | undefined {
  const refs = (gitIn(source, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes/origin") ?? "").split(
    "\n",
  )
  const head = gitIn(source, "symbolic-ref", "-q", "refs/remotes/origin/HEAD")
    ?.trim()
    .replace("refs/remotes/origin/", "")
  return ["develop", head ?? "", "main", "master"].find((name) =>
    refs.some((ref) => name !== "" && [`refs/heads/${name}`, `refs/remotes/origin/${name}`].includes(ref)),
  )
}
