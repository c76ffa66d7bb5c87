// Whether the release that runs today keeps working on this source's schema: its programs, its API suite, our
// migrations.
import { Directory, ReturnType, dag } from "@dagger.io/dagger"
import type { Access } from "../checks/private"
import type { Config } from "../config/config"
import { openSource } from "../config/source"
import { images } from "../images"
import { collect, type Part } from "../report/parts"
import type { Found, Stage, Status } from "../report/stages"
import { compareMigrations } from "./migrations"
import { productService } from "./product"

/** A fault of the baseline itself: the suite has nothing to run on. */
class BaselineFault extends Error {}

/** Checks the baseline that delivery.yaml names, as one part. */
export function baselinePart(checkout: Directory, access: Access): Promise<Part> {
  return collect("baseline", ["baseline:schema", "baseline:api"], () => checkBaseline(checkout, access))
}

/** Checks the baseline that delivery.yaml names. Returns the stages baseline:schema and baseline:api. */
async function checkBaseline(checkout: Directory, access: Access): Promise<Found> {
  const { source, config } = await openSource(checkout)
  const began = Date.now()
  const schema = (status: Status, reason: string): Stage => ({
    name: "baseline:schema",
    status,
    reason,
    seconds: Math.round((Date.now() - began) / 100) / 10,
    cached: false,
    exitCode: status === "passed" ? 0 : 1,
  })
  try {
    const { commit, files } = await baselineOf(checkout, config)
    const compared = schema("passed", await migrationsSince(commit, files, source, config))
    const { api, reports } = await apiSuite({ commit, files, source, config, access })
    return { found: [compared, api], reports: dag.directory().withDirectory("api", reports) }
  } catch (error) {
    if (!(error instanceof BaselineFault)) throw error
    const api = { ...schema("skipped", "there is nothing to run it on"), name: "baseline:api" }
    return { found: [schema("failed", error.message), api], reports: dag.directory() }
  }
}

/** Returns the commit that the baseline's file names, and its files. */
async function baselineOf(checkout: Directory, config: Config): Promise<{ commit: string; files: Directory }> {
  if (!config.baseline)
    throw new BaselineFault("delivery.yaml has no baseline: the file that names the release that runs today")
  const { file } = config.baseline
  if (!(await checkout.exists(file)))
    throw new BaselineFault(`${file} is missing: it names the commit of the release that runs today`)
  const commit = (await checkout.file(file).contents()).trim()
  if (!/^[0-9a-f]{40}$/.test(commit))
    throw new BaselineFault(
      `${file}: ${JSON.stringify(commit.slice(0, 60))} is not a commit's full hash, 40 hexadecimal digits`,
    )
  const archive = `git --git-dir=/git archive ${commit} | tar -x -C /out`
  const extracted = dag
    .container()
    .from(images.golang)
    .withMountedDirectory("/git", checkout.directory(".git"))
    .withExec(
      ["bash", "-c", `set -o pipefail; mkdir /out && git config --global --add safe.directory /git && ${archive}`],
      { expect: ReturnType.Any },
    )
  if ((await extracted.exitCode()) !== 0)
    throw new BaselineFault(
      `${file} names ${commit.slice(0, 12)}, which is not in the history: ${(await extracted.stderr()).trim().split("\n")[0]}`,
    )
  return { commit, files: extracted.directory("/out") }
}

/** Compares the migrations of the baseline with the source's; returns what was added. */
async function migrationsSince(
  commit: string,
  baseline: Directory,
  source: Directory,
  config: Config,
): Promise<string> {
  const short = commit.slice(0, 12)
  const { migrations } = config.baseline!
  const { fresh, altered } = compareMigrations(await textsOf(baseline, migrations), await textsOf(source, migrations))
  if (altered.length)
    throw new BaselineFault(
      `${altered[0]} has been changed or removed since the baseline ${short}; a migration that was released is never edited`,
    )
  if (!fresh.length)
    throw new BaselineFault(
      `no expand migration lies between the baseline ${short} and this source: there is nothing to compare`,
    )
  return `${fresh.length} expand migration${fresh.length > 1 ? "s" : ""} since ${short}: ${fresh.join(", ")}`
}

/** Runs the baseline's programs on the source's schema, and the baseline's own API suite against them. */
async function apiSuite({
  commit,
  files,
  source,
  config,
  access,
}: {
  commit: string
  files: Directory
  source: Directory
  config: Config
  access: Access
}): Promise<{ api: Stage; reports: Directory }> {
  const suite = config.suites.api
  if (!suite) throw new BaselineFault("suites.api: delivery.yaml does not have it; the baseline is tested with it")
  const target = await productService({
    source: files,
    config,
    version: JSON.stringify({ sha: commit }),
    schema: source,
    demo: true,
    mode: "development",
    unreachable: [],
    access,
  })
  const entry = config.services[config.product!.entry]!.run!
  const result = dag.newman().run(files.file(suite.collection), `http://product:${entry.port}`, {
    service: target,
    serviceName: "product",
    folders: suite.folders,
    name: "baseline:api",
    timeout: 300,
    requestTimeout: 15,
    wait: 60,
    deadline: 0,
    nonce: "",
  })
  const [status, reason, seconds, exitCode] = await Promise.all([
    result.status(),
    result.reason(),
    result.seconds(),
    result.exitCode(),
  ])
  const api: Stage = { name: "baseline:api", status: status as Status, reason, seconds, cached: false, exitCode }
  return { api, reports: result.reports() }
}

async function textsOf(source: Directory, pattern: string): Promise<Record<string, string>> {
  const paths = await source.glob(pattern)
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await source.file(path).contents()] as const)),
  )
}
