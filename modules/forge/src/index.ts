/**
 * A verdict on a pull request of GitHub, GitLab, Gitea or Bitbucket Cloud: one comment that is replaced in place, and a
 * status of the commit. What a forge refuses is a result with a reason, never an error of the call: an outage of the
 * forge must not fail a pipeline. No output, layer or report holds the token.
 */
// Cached for a session: with `cache: "never"`, v0.19.10 calls the function again for each field of its result.
import { readFileSync } from "node:fs"
import { Container, File, Secret, Service, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { Outcome, kinds, longestWait, type Showing } from "./publish"
import { fromOneTo, oneOf, withoutTrailingSlash } from "./shared/arguments"
import { firstLine } from "./shared/clock"
import { Result, makeResult, reportStep } from "./shared/result"
import { connected } from "./shared/service"
import { Ran, readReport, runStep } from "./shared/step"
import { faults, known } from "./stand-in"

/** Port of the stand-in. */
const port = 8080
/** Requests of one showing at most, in which a limit of its time is counted. */
const usualRequests = 8

/** Addresses of the APIs of hosted forges. Gitea has none: it runs at its user's. */
const hosted: Record<string, string> = {
  github: "https://api.github.com",
  gitlab: "https://gitlab.com/api/v4",
  bitbucket: "https://api.bitbucket.org/2.0",
}

@object()
export class Forge {
  /**
   * Returns the container that requests and the stand-in run in.
   *
   * Example: `dagger -m modules/forge call base with-exec --args node,--version stdout`
   *
   * @param image Image with Node 24 or newer and bash; the pinned one by default.
   */
  @func()
  base(image: string = images.node): Container {
    let container = dag.container().from(image).withEnvVariable("NODE_NO_WARNINGS", "1")
    for (const file of ["publish.ts", "stand-in.ts"])
      container = container.withNewFile(`/forge/${file}`, readFileSync(new URL(file, import.meta.url), "utf8"))
    return container
  }

  /**
   * Sets the status of a commit and writes the comment of its pull request. A comment of the same context is replaced,
   * so a pull request has one; a run of an older commit leaves it alone. It never throws: the reason says what the
   * forge, the network or the arguments refused, and one that is refused does not keep the other back. Status 429 is
   * retried after the time that the forge asks for (at most 30 s), 5xx and time-outs after 1 s, 2 s and so on. The value
   * of the result is the number of requests.
   *
   * Example: `dagger -m modules/forge call show --kind github --repository shop/web --pull 7 --commit
   * 6a57497bcae011ae584da337ef8feb7ba971aace --token env://FORGE_TOKEN --state success --body summary.md verdict`
   *
   * @param kind `github`, `gitlab`, `gitea` or `bitbucket`.
   * @param repository Path of the repository, for example `shop/web`.
   * @param commit Full hash of the commit, for example `6a57497bcae011ae584da337ef8feb7ba971aace`.
   * @param token Token that may comment and set statuses; for example `env://FORGE_TOKEN`.
   * @param state `pending`, `success`, `failure` or `error`.
   * @param pull Number of the pull request; 0 for none: only the commit gets its status.
   * @param body The comment in Markdown, for example `reports/summary.md`; without it there is none. What is over the forge's
   * limit is cut.
   * @param context Name of the status and of the comment, for example `delivery/pr`.
   * @param description One line beside the status, for example `12 passed`; cut to the forge's limit.
   * @param url Web page behind the status, for example `https://app.circleci.com/jobs/7`.
   * @param api Address of the forge's API, for example `https://git.example.com/api/v1`; that of the hosted one by default.
   * @param service Stand-in or forge, such as `tcp://127.0.0.1:8080` at the caller's loopback; allows http addresses.
   * @param serviceName Host name of the service in `api`.
   * @param timeout Seconds for one request, 1 to 120.
   * @param attempts Maximum number of attempts of one request, 1 to 10.
   * @param name Name of the result.
   * @param image Image with Node 24 or newer and bash; the pinned one by default.
   * @param nonce Any value not used before shows it again; otherwise equal calls of one session show it once.
   */
  @func({ cache: "session" })
  async show(
    kind: string,
    repository: string,
    commit: string,
    token: Secret,
    state: string,
    pull: number = 0,
    body?: File,
    context: string = "delivery/pr",
    description: string = "",
    url: string = "",
    api: string = "",
    service?: Service,
    serviceName: string = "forge",
    timeout: number = 10,
    attempts: number = 3,
    name: string = "forge",
    image: string = images.node,
    nonce: string = "",
  ): Promise<Result> {
    return reportStep(name, async () => {
      fromOneTo("timeout", timeout, 120)
      fromOneTo("attempts", attempts, 10)
      const address = withoutTrailingSlash(api || hosted[kind] || "")
      if (address === "" && kinds.some((one) => one === kind)) throw new Error(`api: required for ${kind}`)
      const settings = {
        ...{ kind, api: address, repository, pull, commit, context, state, description, url, timeout },
        plain: service !== undefined,
        attempts: Math.round(attempts),
      } as Omit<Showing, "token" | "body">
      let container = this.base(image)
        .withNewFile("/forge/settings.json", JSON.stringify(settings))
        .withSecretVariable("FORGE_TOKEN", token)
      container = body ? container.withMountedFile("/forge/body.md", body) : container.withNewFile("/forge/body.md", "")
      const limit = usualRequests * attempts * (timeout + longestWait) + 10
      const command = script("publish.ts", "main()")
      return resultOf(name, await runStep(connected(container, { service, serviceName, nonce }), command, limit))
    })
  }

  /**
   * Returns a stand-in of a forge at port 8080 as a service, for tests and rehearsals. It has the repository `shop/web`
   * with pull request 7, whose newest commit is `6a57497bcae011ae584da337ef8feb7ba971aace`; the token `forge-good` may
   * write, `forge-reader` may not. `/_log` returns comments and statuses as JSON, `/_requests` the number of requests.
   *
   * Example: `dagger -m modules/forge call stand-in --kind gitlab up --ports 8080:8080`
   *
   * @param kind Whose words it speaks: `github`, `gitlab`, `gitea` or `bitbucket`.
   * @param fault Misbehaviour: `outage` answers 502, `limit` 429, `limit-once` 429 to the first request only, `silence`
   * never answers; none by default.
   * @param instance Stand-ins with equal arguments are one stand-in; another value, for example `second`, starts
   * another one.
   * @param head Newest commit of the pull request, for example `6a57497bcae011ae584da337ef8feb7ba971aace`.
   * @param image Image with Node 24 or newer and bash; the pinned one by default.
   */
  @func({ cache: "session" })
  standIn(
    kind: string = "github",
    fault: string = "",
    instance: string = "",
    head: string = known.head,
    image: string = images.node,
  ): Service {
    oneOf("kind", kind, kinds)
    oneOf("fault", fault, faults)
    const args = [kind, fault, head].map((one) => JSON.stringify(one)).join(", ")
    return this.base(image)
      .withEnvVariable("INSTANCE", instance)
      .withExposedPort(port)
      .asService({ args: script("stand-in.ts", `standIn(${args}).listen(${port})`) })
  }
}

/** The command that calls a function of one of the files beside this one. */
function script(file: string, call: string): string[] {
  return ["node", "--input-type=module", "-e", `import * as its from "/forge/${file}"; await its.${call}`]
}

async function resultOf(name: string, ran: Ran): Promise<Result> {
  const outcome = JSON.parse((await readReport(ran.reports, "outcome.json")) || "null") as Outcome | null
  if (outcome) {
    const status = outcome.shown ? "passed" : "failed"
    return makeResult(name, status, outcome.reason, { ...ran, value: outcome.requests, unit: "requests" })
  }
  const why = ran.timedOut
    ? `timed out after ${Math.round(ran.seconds)} s`
    : firstLine(await readReport(ran.reports, "output.txt")) || `exit code ${ran.exitCode}`
  return makeResult(name, "failed", `could not run: ${why}`, { ...ran })
}
