// Whether the release that runs today goes on working against this source's schema: its binaries, its own API suite, our migrations.
import { Directory, ReturnType, dag } from "@dagger.io/dagger"
import { images } from "../images"
import { compareMigrations } from "./migrations"
import type { Access } from "../checks/private"
import { productService } from "./product"
import type { Found, Stage, Status } from "../report/stages"

/** The file that names the baseline: the commit of the release that runs today. */
const file = "services/baseline"
const migrations = "services/*/internal/store/migrations/expand/*.sql"

export async function checkBaseline(source: Directory, access: Access): Promise<Found> {
  const began = Date.now()
  const stage = (name: string, status: Status, reason: string): Stage => ({
    name,
    status,
    reason,
    seconds: Math.round((Date.now() - began) / 100) / 10,
    cached: false,
    exitCode: status === "passed" ? 0 : 1,
  })
  const red = (reason: string): Found => ({
    found: [
      stage("baseline:schema", "failed", reason),
      stage("baseline:api", "skipped", "there is nothing to run it on"),
    ],
    reports: dag.directory(),
  })

  if (!(await source.exists(file))) return red(`${file} is missing: it names the commit of the release that runs today`)
  const commit = (await source.file(file).contents()).trim()
  if (!/^[0-9a-f]{40}$/.test(commit))
    return red(`${file}: ${JSON.stringify(commit.slice(0, 60))} is not a commit's full hash, 40 hexadecimal digits`)
  const extracted = dag
    .container()
    .from(images.golang)
    .withMountedDirectory("/git", source.directory(".git"))
    .withExec(
      [
        "bash",
        "-c",
        `mkdir /out && git config --global --add safe.directory /git && git --git-dir=/git archive ${commit} services | tar -x -C /out`,
        "baseline",
      ],
      { expect: ReturnType.Any },
    )
  if ((await extracted.exitCode()) !== 0)
    return red(
      `${file} names ${commit.slice(0, 12)}, which is not in the history: ${(await extracted.stderr()).trim().split("\n")[0]}`,
    )
  const baseline = extracted.directory("/out")

  const { fresh, altered } = compareMigrations(await textsOf(baseline), await textsOf(source))
  if (altered.length)
    return red(
      `${altered[0]} has been changed or removed since the baseline ${commit.slice(0, 12)}; a migration that was released is never edited`,
    )
  if (!fresh.length)
    return red(
      `no expand migration lies between the baseline ${commit.slice(0, 12)} and this source: there is nothing to compare`,
    )
  const schema = stage(
    "baseline:schema",
    "passed",
    `${fresh.length} expand migration${fresh.length > 1 ? "s" : ""} since ${commit.slice(0, 12)}: ${fresh.join(", ")}`,
  )

  const version = JSON.stringify({ sha: commit })
  const target = await productService({
    source: baseline,
    version,
    schema: source,
    demo: true,
    mode: "development",
    unreachable: [],
    access,
  })
  const result = dag
    .newman()
    .run(baseline.file("services/api-tests/product.postman_collection.json"), "http://product:8080", {
      target,
      targetName: "product",
      folders: ["product"],
      name: "baseline:api",
      timeout: 300,
      requestTimeout: 15,
      wait: 60,
      until: 0,
      again: "",
    })
  const [status, reason, seconds, exitCode] = await Promise.all([
    result.status(),
    result.reason(),
    result.seconds(),
    result.exitCode(),
  ])
  return {
    found: [schema, { name: "baseline:api", status: status as Status, reason, seconds, cached: false, exitCode }],
    reports: dag.directory().withDirectory("api", result.reports()),
  }
}

async function textsOf(source: Directory): Promise<Record<string, string>> {
  return Object.fromEntries(
    await Promise.all(
      (await source.glob(migrations)).map(async (path) => [path, await source.file(path).contents()] as const),
    ),
  )
}
