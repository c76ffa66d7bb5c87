/**
 * Posts messages to Slack, by an incoming webhook or a bot's token. A delivery that fails is a result with a reason, never an error of the call: an
 * outage of Slack's is no reason for a pipeline to turn red. No output, layer or report holds the webhook's address or the token.
 *
 * (Not `cache: "never"`: v0.19.10 then calls the function again for each field of its result that is read.)
 */
import { readFileSync } from "node:fs"
import { Container, Directory, File, ReturnType, Secret, Service, dag, float, func, object } from "@dagger.io/dagger"
import { firstLine } from "./shared/clock"
import { images } from "./images"
import { Outcome, longestWait } from "./deliver"
import { faults } from "./stand-in"
import { Ran, readReport, runStep, told, withResult } from "./shared/step"

/** The port of the stand-in. */
const port = 8080

/** What came of a delivery. */
@object()
export class Result {
  /** The name of the result, `slack` if no other was given. */
  @func() name: string
  /** `passed` when Slack took the message, else `failed`. */
  @func() status: string
  /** For a failure Slack's own word (`invalid_auth`), or what else went wrong. */
  @func() reason: string
  /** The exit code: 0 delivered, 1 Slack did not take it, 2 nothing was sent because the message or an argument is wrong, -1 when nothing ran. */
  @func() exitCode: number
  /** How long the delivery took, with the waits between attempts. */
  @func() seconds: float
  /** Always false: each session delivers. */
  @func() cached: boolean
  /** How often Slack was asked. */
  @func() value?: float
  /** The unit of `value`. */
  @func() unit: string
  /** `result.json` with these fields, `outcome.json` (with the message's `ts` and channel when a token was used) and `output.txt`. */
  @func() reports: Directory

  constructor(
    name: string,
    status: string,
    reason: string,
    exitCode: number,
    seconds: number,
    reports: Directory,
    attempts?: number,
  ) {
    this.name = name
    this.status = status
    this.reason = reason
    this.exitCode = exitCode
    this.seconds = Math.round(seconds * 100) / 100
    this.cached = false
    this.value = attempts
    this.unit = attempts === undefined ? "" : "attempts"
    this.reports = reports
  }

  /** The reason; an error when the message was not delivered, so that the caller's exit code says so. */
  @func()
  verdict(): string {
    if (this.status !== "passed") throw new Error(`${this.name} ${this.status}: ${this.reason}`)
    return this.reason
  }
}

@object()
export class Slack {
  /**
   * The container that deliveries and the stand-in run in.
   *
   * Example: `dagger -m modules/slack call base with-exec --args node,--version stdout`
   *
   * @param image Another image with Node 24 or newer and bash in it, instead of the pinned one.
   */
  @func()
  base(image: string = images.node): Container {
    let container = dag.container().from(image).withEnvVariable("NODE_NO_WARNINGS", "1")
    for (const file of ["deliver.ts", "stand-in.ts"])
      container = container.withNewFile(`/slack/${file}`, readFileSync(new URL(file, import.meta.url), "utf8"))
    return container
  }

  /**
   * Posts a message. Never an error: what Slack, the network or the arguments have against it is the result's `reason`, and the caller decides what
   * that means. 429 waits as long as Slack says (at most 30 s each time), 5xx and time-outs are tried again, other answers are final.
   * Before anything is sent the message is held against Slack's limits, and the reason names the place that is over one.
   *
   * Example: `dagger -m modules/slack call post --message message.json --token env://SLACK_TOKEN --channel #deploys verdict`
   *
   * @param message JSON with `text` and `blocks`, in Slack's format; passed on as it is.
   * @param webhook The address of an incoming webhook. Either this or a token.
   * @param token A bot's token with the scope chat:write.
   * @param channel Where to, with a token: a name with # or an id. A webhook has its own.
   * @param api Where the API is.
   * @param target A stand-in of Slack, when it is a service of the caller's or at the caller's own loopback (`tcp://127.0.0.1:8080`); http is taken then.
   * @param targetName The host name of the target, as it stands in the webhook or in `api`.
   * @param timeout Seconds for one answer. An answer that came too late may belong to a message that Slack took: it is sent again all the same.
   * @param attempts How often to try at most.
   * @param name What the result is called by.
   * @param image Another image with Node 24 or newer and bash in it.
   * @param again In one session the same call posts once, however often its result is read; another value here posts again.
   */
  @func({ cache: "session" })
  async post(
    message: File,
    webhook?: Secret,
    token?: Secret,
    channel: string = "",
    api: string = "https://slack.com/api",
    target?: Service,
    targetName: string = "slack",
    timeout: number = 10,
    attempts: number = 3,
    name: string = "slack",
    image: string = images.node,
    again: string = "",
  ): Promise<Result> {
    return reported(name, async () => {
      for (const [argument, value, most] of [
        ["timeout", timeout, 120],
        ["attempts", attempts, 10],
      ] as const)
        if (!(value >= 1 && value <= most)) throw new Error(`${argument}: ${value} is not allowed; 1 to ${most} is`)
      const settings = {
        CHANNEL: channel,
        API: api.replace(/\/+$/, ""),
        PLAIN: target ? "yes" : "no",
        TIMEOUT: String(timeout),
        ATTEMPTS: String(Math.round(attempts)),
      }
      let container = this.base(image)
        .withMountedFile("/slack/message.json", message)
        .withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}-${again}`)
      for (const [key, value] of Object.entries(settings)) container = container.withEnvVariable(`SLACK_${key}`, value)
      if (webhook) container = container.withSecretVariable("SLACK_WEBHOOK", webhook)
      if (token) container = container.withSecretVariable("SLACK_TOKEN", token)
      if (target) container = container.withServiceBinding(targetName, target)
      return result(
        name,
        await runStep(container, script("deliver.ts", "main()"), attempts * (timeout + longestWait) + 10),
      )
    })
  }

  /**
   * A stand-in of Slack at port 8080, for tests and rehearsals: an incoming webhook at `/services/T1/B1/good`, and `/api/chat.postMessage` for the token
   * `xoxb-good` (`xoxb-noscope` lacks the scope) with the channels `#deploys` and the archived `#archived`. `/_log` gives what it accepted, `/_asked` how
   * often it was asked, as JSON.
   *
   * Example: `dagger -m modules/slack call stand-in --fault outage up --ports 8080:8080`
   *
   * @param fault How it misbehaves: `outage` answers 500, `limit` 429, `limit-once` 429 to the first message only, `silence` never.
   * @param instance Two stand-ins with the same fault are one and the same in a session; another name makes another one.
   * @param image Another image with Node 24 or newer and bash in it.
   */
  @func({ cache: "session" })
  standIn(fault: string = "", instance: string = "", image: string = images.node): Service {
    if (!faults.includes(fault))
      throw new Error(
        `fault: ${JSON.stringify(fault)} is not known; allowed: ${faults.map((one) => one || '""').join(", ")}`,
      )
    return this.base(image)
      .withEnvVariable("INSTANCE", instance)
      .withExposedPort(port)
      .asService({ args: script("stand-in.ts", `standIn(${JSON.stringify(fault)}).listen(${port})`) })
  }

  /**
   * What a stand-in has accepted, as JSON: a list of messages, each with `via` (`webhook` or `post`).
   *
   * Example: `dagger -m modules/slack call accepted --stand-in tcp://127.0.0.1:8080`
   *
   * @param standIn The stand-in.
   * @param image Another image with Node 24 or newer and bash in it.
   */
  @func({ cache: "never" })
  async accepted(standIn: Service, image: string = images.node): Promise<string> {
    const ports = await standIn.ports()
    const address = `http://slack:${ports[0] ? await ports[0].port() : port}/_log`
    const asked = this.base(image)
      .withServiceBinding("slack", standIn)
      .withEnvVariable("ASKED_AT", `${Date.now()}-${Math.random()}`)
      .withExec(
        [
          "node",
          "-e",
          "fetch(process.argv[1], { signal: AbortSignal.timeout(10000) }).then((answer) => answer.text()).then((text) => process.stdout.write(text))",
          address,
        ],
        { expect: ReturnType.Any },
      )
    if ((await asked.exitCode()) !== 0)
      throw new Error(`the stand-in does not answer: ${firstLine(await asked.stderr())}`)
    return asked.stdout()
  }
}

/** The command that calls a function of one of the files beside this one. */
function script(file: string, call: string): string[] {
  return ["node", "--input-type=module", "-e", `import * as its from "/slack/${file}"; await its.${call}`]
}

async function result(name: string, ran: Ran): Promise<Result> {
  const outcome = JSON.parse((await readReport(ran.reports, "outcome.json")) || "null") as Outcome | null
  if (!outcome) {
    const why = ran.timedOut
      ? `timed out after ${Math.round(ran.seconds)} s`
      : firstLine(await readReport(ran.reports, "output.txt")) || `exit code ${ran.exitCode}`
    return new Result(name, "failed", `could not run: ${why}`, ran.exitCode, ran.seconds, ran.reports)
  }
  return new Result(
    name,
    outcome.delivered ? "passed" : "failed",
    outcome.reason,
    ran.exitCode,
    ran.seconds,
    ran.reports,
    outcome.attempts,
  )
}

/** Prints a line when the delivery starts and one when it ends; what goes wrong around it is a failed result too. */
async function reported(name: string, work: () => Promise<Result>): Promise<Result> {
  return withResult(
    await told(name, 0, work, (status, reason, reports) => new Result(name, status, reason, -1, 0, reports)),
  )
}
