/**
 * Messages to Slack, by an incoming webhook or a bot token. A failed delivery is a result with a reason, never an error
 * of the call: an outage of Slack must not fail a pipeline. No output, layer or report holds the webhook or the token.
 */
// Cached for a session: with `cache: "never"`, v0.19.10 calls the function again for each field of its result.
import { readFileSync } from "node:fs"
import { Container, File, ReturnType, Secret, Service, dag, func, object } from "@dagger.io/dagger"
import { Outcome, longestWait } from "./deliver"
import { images } from "./images"
import { fromOneTo, oneOf, withoutTrailingSlash } from "./shared/arguments"
import { firstLine } from "./shared/clock"
import { uncached } from "./shared/nonce"
import { Result, makeResult, reportStep } from "./shared/result"
import { connected } from "./shared/service"
import { Ran, readReport, runStep } from "./shared/step"
import { faults } from "./stand-in"

/** Port of the stand-in. */
const port = 8080

@object()
export class Slack {
  /**
   * Returns the container that deliveries and the stand-in run in.
   *
   * Example: `dagger -m modules/slack call base with-exec --args node,--version stdout`
   *
   * @param image Image with Node 24 or newer and bash; the pinned one by default.
   */
  @func()
  base(image: string = images.node): Container {
    let container = dag.container().from(image).withEnvVariable("NODE_NO_WARNINGS", "1")
    for (const file of ["deliver.ts", "stand-in.ts"])
      container = container.withNewFile(`/slack/${file}`, readFileSync(new URL(file, import.meta.url), "utf8"))
    return container
  }

  /**
   * Posts a message.
   * It never throws: the result's reason says what Slack, the network or the arguments refused. A message over one of
   * Slack's limits is not sent, and the reason names its place. Status 429 is retried after the time that Slack
   * requests (at most 30 s), 5xx and time-outs are retried after 1 s, 2 s and so on; other answers are final. The value
   * of the result is the number of attempts; `outcome.json` of its reports has `ts` and `channel` of the message, for an
   * update or a thread.
   *
   * Example: `dagger -m modules/slack call post --message message.json --token env://SLACK_TOKEN --channel #deploys
   * verdict`
   *
   * @param message JSON with `text` and `blocks` in Slack's format; sent unchanged.
   * @param webhook URL of an incoming webhook; required without a token.
   * @param token Bot token with the scope chat:write; required without a webhook.
   * @param channel Channel for a token: a name with # or an ID, for example `#releases`. A webhook has a channel of its
   * own.
   * @param api Address of Slack's API, for example `https://slack.com/api`.
   * @param service Stand-in of Slack, such as `tcp://127.0.0.1:8080` at the caller's loopback; allows http addresses.
   * @param serviceName Host name of the service in `webhook` or `api`.
   * @param timeout Seconds for one attempt, 1 to 120. Slack may have accepted a message whose answer came too late: it
   * is sent again all the same.
   * @param attempts Maximum number of attempts, 1 to 10.
   * @param name Name of the result.
   * @param image Image with Node 24 or newer and bash; the pinned one by default.
   * @param nonce Any value not used before posts again; otherwise equal calls of one session post once.
   * @param update The `ts` of a message to replace, for example `1767225600.000100`; with a token and the channel's ID.
   * @param thread The `ts` of a message to reply to in its thread; with a token.
   */
  @func({ cache: "session" })
  async post(
    message: File,
    webhook?: Secret,
    token?: Secret,
    channel: string = "",
    api: string = "https://slack.com/api",
    service?: Service,
    serviceName: string = "slack",
    timeout: number = 10,
    attempts: number = 3,
    name: string = "slack",
    image: string = images.node,
    nonce: string = "",
    update: string = "",
    thread: string = "",
  ): Promise<Result> {
    return reportStep(name, async () => {
      fromOneTo("timeout", timeout, 120)
      fromOneTo("attempts", attempts, 10)
      const settings = {
        CHANNEL: channel,
        UPDATE: update,
        THREAD: thread,
        API: withoutTrailingSlash(api),
        PLAIN: service ? "yes" : "no",
        TIMEOUT: String(timeout),
        ATTEMPTS: String(Math.round(attempts)),
      }
      let container = this.base(image).withMountedFile("/slack/message.json", message)
      for (const [key, value] of Object.entries(settings)) container = container.withEnvVariable(`SLACK_${key}`, value)
      if (webhook) container = container.withSecretVariable("SLACK_WEBHOOK", webhook)
      if (token) container = container.withSecretVariable("SLACK_TOKEN", token)
      const limit = attempts * (timeout + longestWait) + 10
      const command = script("deliver.ts", "main()")
      return resultOf(name, await runStep(connected(container, { service, serviceName, nonce }), command, limit))
    })
  }

  /**
   * Returns a stand-in of Slack at port 8080 as a service, for tests and rehearsals.
   * It has an incoming webhook at `/services/T1/B1/good`, and `chat.postMessage` and `chat.update` below `/api` for the
   * token `xoxb-good` (`xoxb-noscope` lacks the scope) with the channels `#deploys` and the archived `#archived`. `/_log`
   * returns the accepted messages as JSON, each as its last update left it; `/_requests` the number of requests.
   *
   * Example: `dagger -m modules/slack call stand-in --fault outage up --ports 8080:8080`
   *
   * @param fault Misbehaviour: `outage` answers 500, `limit` 429, `limit-once` 429 to the first message only, `silence`
   * never answers; none by default.
   * @param instance Stand-ins with equal arguments are one stand-in; another value, for example `second`, starts
   * another one.
   * @param image Image with Node 24 or newer and bash; the pinned one by default.
   * @param channel Name of the open channel, for example `deploys`.
   */
  @func({ cache: "session" })
  standIn(
    fault: string = "",
    instance: string = "",
    image: string = images.node,
    channel: string = "deploys",
  ): Service {
    oneOf("fault", fault, faults)
    return this.base(image)
      .withEnvVariable("INSTANCE", instance)
      .withExposedPort(port)
      .asService({
        args: script(
          "stand-in.ts",
          `standIn(${JSON.stringify(fault)}, ${JSON.stringify(channel.replace(/^#/, ""))}).listen(${port})`,
        ),
      })
  }

  /**
   * Returns the messages that a stand-in has accepted as a JSON list, each with `via` (`webhook` or `post`).
   *
   * Example: `dagger -m modules/slack call accepted --stand-in tcp://127.0.0.1:8080`
   *
   * @param standIn A service of the function `stand-in`.
   * @param image Image with Node 24 or newer and bash; the pinned one by default.
   */
  @func({ cache: "never" })
  async accepted(standIn: Service, image: string = images.node): Promise<string> {
    const ports = await standIn.ports()
    const address = `http://slack:${ports[0] ? await ports[0].port() : port}/_log`
    const request = uncached(this.base(image).withServiceBinding("slack", standIn)).withExec(
      ["node", "-e", fetchScript, address],
      { expect: ReturnType.Any },
    )
    if ((await request.exitCode()) !== 0)
      throw new Error(`the stand-in does not answer: ${firstLine(await request.stderr())}`)
    return request.stdout()
  }
}

/** Prints the body of the response from the address in its argument. */
const fetchScript =
  "fetch(process.argv[1], { signal: AbortSignal.timeout(10000) })" +
  ".then((response) => response.text()).then((text) => process.stdout.write(text))"

/** The command that calls a function of one of the files beside this one. */
function script(file: string, call: string): string[] {
  return ["node", "--input-type=module", "-e", `import * as its from "/slack/${file}"; await its.${call}`]
}

async function resultOf(name: string, ran: Ran): Promise<Result> {
  const outcome = JSON.parse((await readReport(ran.reports, "outcome.json")) || "null") as Outcome | null
  if (outcome) {
    const status = outcome.delivered ? "passed" : "failed"
    return makeResult(name, status, outcome.reason, { ...ran, value: outcome.attempts, unit: "attempts" })
  }
  const why = ran.timedOut
    ? `timed out after ${Math.round(ran.seconds)} s`
    : firstLine(await readReport(ran.reports, "output.txt")) || `exit code ${ran.exitCode}`
  return makeResult(name, "failed", `could not run: ${why}`, { ...ran })
}
