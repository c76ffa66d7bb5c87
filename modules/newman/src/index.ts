/**
 * Postman collections against a running service, with newman.
 *
 * A run without a request or without an assertion is a failure, and so is an unreachable address.
 */
// Cached for a session: with `cache: "never"`, v0.19.10 calls the function again for each field of its result.
import { Container, Directory, File, Service, dag, func, object } from "@dagger.io/dagger"
import { collectionFault } from "./collection"
import { images } from "./images"
import { environmentArguments, verdictOf } from "./read"
import { runScript } from "./scripts"
import { withoutTrailingSlash } from "./shared/arguments"
import { Result, reportStep, resultOfRun } from "./shared/result"
import { connected } from "./shared/service"
import { Ran, readReport, runStep } from "./shared/step"

@object()
export class Newman {
  /**
   * Returns the container that newman runs in.
   *
   * Example: `dagger -m modules/newman call base with-exec --args newman,--version stdout`
   *
   * @param image Image with newman, node and bash; the pinned one by default.
   */
  @func()
  base(image: string = images.newman): Container {
    return dag
      .container()
      .from(image)
      .withWorkdir("/etc/newman")
      .withEnvVariable("NO_COLOR", "1")
      .withEnvVariable("NODE_NO_WARNINGS", "1")
  }

  /**
   * Runs a collection against a running service.
   * Its requests take the address from the variable `baseUrl`. The value of the result is the number of assertions.
   *
   * Example: `dagger -m modules/newman call run --collection test/fixtures/page/page.postman_collection.json --url
   * http://product:8099 --service tcp://127.0.0.1:8099 verdict`
   *
   * @param collection Collection in Postman's format v2; one that does not use `baseUrl`, or has a
   * request with another host, is refused.
   * @param url Address to test: the collection's variable `baseUrl`, without a slash at the end.
   * @param service Service to test, such as `tcp://127.0.0.1:8080` at the caller's loopback; by default `url` has to be
   * reachable from the engine.
   * @param serviceName Host name of the service in `url`.
   * @param folders Folders of the collection to run, for example `orders,users`; all by default.
   * @param environment Additional variables of the collection as NAME=value, such as `tenant=test`.
   * @param timeout Seconds for the whole run.
   * @param requestTimeout Seconds for one request.
   * @param wait Seconds until the address has to answer with any status but 502, 503 and 504.
   * @param name Name of the result.
   * @param image Image with newman, node and bash; the pinned one by default.
   * @param args Additional arguments of newman, such as `--bail`.
   * @param deadline Seconds since 1970 after which an unfinished run is reported as skipped; 0 waits for its end.
   * @param nonce Any value not used before repeats the run; otherwise equal calls of one session run once.
   * @param data Folder with the files that requests send and that `args` name, such as `-e,test.json,-d,users.csv`.
   */
  @func({ cache: "session" })
  async run(
    collection: File,
    url: string,
    service?: Service,
    serviceName: string = "product",
    folders: string[] = [],
    environment: string[] = [],
    timeout: number = 300,
    requestTimeout: number = 15,
    wait: number = 30,
    name: string = "api",
    image: string = images.newman,
    args: string[] = [],
    deadline: number = 0,
    nonce: string = "",
    data?: Directory,
  ): Promise<Result> {
    const address = withoutTrailingSlash(url)
    const flags = [
      ...["--env-var", `baseUrl=${address}`, ...environmentArguments(environment)],
      ...folders.flatMap((folder) => ["--folder", folder]),
      ...reportFlags,
      ...["--timeout-request", String(1000 * requestTimeout), "--color", "off", "--reporter-cli-no-banner", ...args],
    ]
    const work = async (): Promise<Result> => {
      const given = environment.map((line) => line.split("=")[0]!)
      const fault = collectionFault(await collection.contents(), folders, given)
      if (fault) throw new Error(fault)
      const base = data ? this.base(image).withDirectory("/etc/newman", data) : this.base(image)
      const container = base.withFile("/etc/newman/collection.json", collection)
      const command = ["bash", "-c", runScript, "newman", address, String(wait), "collection.json", ...flags]
      return resultOf(name, await runStep(connected(container, { service, serviceName, nonce }), command, timeout))
    }
    return reportStep(name, work, { deadline })
  }

  /**
   * Runs newman with any arguments in a folder, for what has no function here.
   *
   * Example: `dagger -m modules/newman call exec --source test/fixtures/page --args=run,--help stdout`
   *
   * @param source Folder with collections, environments and data files, mounted as the working directory.
   * @param args Arguments of newman, for example `run,--help`.
   * @param service Service to test; by default the addresses have to be reachable from the engine.
   * @param serviceName Host name of the service.
   * @param image Image with newman; the pinned one by default.
   */
  @func({ cache: "session" })
  exec(
    source: Directory,
    args: string[],
    service?: Service,
    serviceName: string = "product",
    image: string = images.newman,
  ): Container {
    const container = this.base(image).withMountedDirectory("/etc/newman", source)
    return connected(container, { service, serviceName }).withExec(["newman", ...args])
  }
}

const reportFlags = [
  ...["--reporters", "cli,json,junit"],
  ...["--reporter-json-export", "/report/newman.json", "--reporter-junit-export", "/report/junit.xml"],
]

async function resultOf(name: string, ran: Ran): Promise<Result> {
  const [report, output] = await Promise.all(["newman.json", "output.txt"].map((file) => readReport(ran.reports, file)))
  const { passed, reason, found } = verdictOf(ran, { report: report!, output: output! })
  return resultOfRun(name, ran, reason, { passed, value: found?.assertions, unit: "assertions" })
}
