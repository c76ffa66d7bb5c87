// Tells Slack of a step: a message when it begins, kept up to date with a token, and the verdict when it ends.
import { Secret, Service, dag } from "@dagger.io/dagger"
import type { Config, Step } from "../config/config"
import { causesOf, tellingReports } from "./cause"
import { detailsMessage, errorMessage, messageOf, runningMessage, type Message, type Told } from "./message"
import { errorText, onEnd, type Part } from "./parts"
import { oneLine, verdictOf, type Stage } from "./stages"
import { unique } from "./unique"

/** Where messages go, and what they link to. Without a webhook and a token nothing is sent. */
export interface Slack {
  webhook?: Secret
  /** Token of a bot: its message is updated in place. It comes before a webhook. */
  token?: Secret
  /** Web page of the CI job. */
  job?: string
  /** A stand-in of Slack. */
  standIn?: Service
}

/** A caller's settings of Slack. */
export interface SlackOptions {
  slackWebhook?: Secret
  slackToken?: Secret
  slackJob?: string
}

export function slackOf({ slackWebhook, slackToken, slackJob }: SlackOptions): Slack {
  return { webhook: slackWebhook, token: slackToken, job: slackJob }
}

/** What is known of a step before it runs. */
export type Facts = Pick<Told, "commit" | "branch" | "author">

/** Posts a message, or replaces or answers one. Throws the reason if Slack has not taken it. */
export type Post = (message: Message, to?: { update?: Sent; thread?: Sent }) => Promise<Sent | undefined>

/** A message at Slack; only a token gets its place. */
export interface Sent {
  channel: string
  ts: string
}

/** A step that is being told. */
export interface Telling {
  /**
   * Tells the verdict, with what became known meanwhile; returns why Slack has not taken it, undefined if it has. No
   * verdict changes.
   */
  end: (parts: Part[], facts?: Partial<Facts>) => Promise<string | undefined>
  /** Tells an error that ended the step before it had a verdict. */
  failed: (error: unknown) => Promise<string | undefined>
}

const silent: Telling = { end: () => Promise.resolve(undefined), failed: () => Promise.resolve(undefined) }

/** Returns the channel that a step is told in; undefined if delivery.yaml does not list it, or the caller gives no access. */
function channelOf(step: Step, { notifications: { slack } }: Config, { webhook, token }: Slack): string | undefined {
  return (webhook ?? token) && slack?.on.includes(step) ? slack.channel : undefined
}

/** Whether a step is told. */
export function isTold(step: Step, config: Config, slack: Slack): boolean {
  return channelOf(step, config, slack) !== undefined
}

/** Tells that a step begins, if delivery.yaml lists it and there is a webhook or a token. */
export function tell(step: Step, facts: Facts, config: Config, slack: Slack): Telling {
  const channel = channelOf(step, config, slack)
  if (channel === undefined) return silent
  const every = slack.token ? updateInterval : undefined
  return telling({ step, ...facts, job: slack.job }, { channel, every }, postTo(slack))
}

/** Seconds between two updates of a message: an update is a call of a module, and takes a second of a processor. */
const updateInterval = 20

/** Tells a step with a way to post. `every` is the least number of seconds between two updates; undefined for none. */
export function telling(
  about: Omit<Told, "stages" | "seconds" | "causes">,
  { channel, every }: { channel: string; every?: number },
  post: Post,
): Telling {
  const begin = Date.now()
  const stages: Stage[] = []
  const told = (): Told => ({ ...about, stages, seconds: (Date.now() - begin) / 1000 })
  let last: Promise<Sent | undefined> = post(runningMessage({ ...about, stages }, channel)).catch(() => undefined)
  let lastAt = begin
  const stop = onEnd((part) => {
    stages.push(...part.stages)
    if (every === undefined || Date.now() - lastAt < every * 1000) return
    lastAt = Date.now()
    last = last.then(async (sent) => {
      // An update that was refused is caught up with by the next one.
      if (sent) await post(runningMessage(told(), channel), { update: sent }).catch(() => undefined)
      return sent
    })
  })
  const finish = async (message: Message, details?: Message): Promise<string | undefined> => {
    stop()
    const update = await last
    return sentOrWhy(
      post(message, update ? { update } : undefined).then(async (sent) => {
        if (details && sent) await post(details, { thread: sent })
      }),
    )
  }
  return {
    end: async (parts, facts = {}) => {
      const all = parts.flatMap((part) => part.stages)
      const causes = causesOf(all, await tellingReports(parts))
      const ended = { ...told(), ...facts, stages: all, causes }
      const details = verdictOf(all).passed ? undefined : detailsMessage(ended, channel)
      return finish(messageOf(ended, channel), details)
    },
    failed: (error) => finish(errorMessage(told(), textOf(error), channel)),
  }
}

/** Runs what prepares or makes a step; an error that ends it is told and thrown again. */
export async function tellingErrors<T>(tellError: Telling["failed"], run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const why = await tellError(error)
    if (why) console.log(`? slack ${why}`)
    throw error
  }
}

/** Returns what tells an error that comes before a step has begun. */
export function errorTeller(step: Step, facts: Facts, config: Config, slack: Slack): Telling["failed"] {
  const channel = channelOf(step, config, slack)
  if (channel === undefined) return silent.failed
  return async (error) => {
    const message = errorMessage({ step, ...facts, stages: [], job: slack.job }, textOf(error), channel)
    return sentOrWhy(postTo(slack)(message))
  }
}

function textOf(error: unknown): string {
  return oneLine(errorText(error), 1000)
}

/** Returns why Slack has not taken a message; undefined if it has. */
async function sentOrWhy(posting: Promise<unknown>): Promise<string | undefined> {
  try {
    await posting
    return undefined
  } catch (error) {
    return `Slack was not notified: ${oneLine(errorText(error), 160)}`
  }
}

/** Posts through the module slack. */
function postTo({ webhook, token, standIn }: Slack): Post {
  return async (message, { update, thread } = {}) => {
    const file = dag.directory().withNewFile("message.json", JSON.stringify(message)).file("message.json")
    const sent = dag.slack().post(file, {
      ...(token ? { token, channel: (update ?? thread)?.channel ?? message.channel } : { webhook, channel: "" }),
      api: standIn ? "http://slack:8080/api" : "https://slack.com/api",
      service: standIn,
      serviceName: "slack",
      timeout: 10,
      attempts: 3,
      name: "slack",
      update: update?.ts ?? "",
      thread: thread?.ts ?? "",
      nonce: unique(),
    })
    const [status, reason] = await Promise.all([sent.status(), sent.reason()])
    if (status !== "passed") throw new Error(reason)
    if (!token) return undefined
    return JSON.parse(await sent.reports().file("outcome.json").contents()) as Sent
  }
}
