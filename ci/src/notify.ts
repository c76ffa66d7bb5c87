// Sends messages to Slack, and lives with it when that cannot be.
import { Secret, Service, dag } from "@dagger.io/dagger"
import type { Message } from "./message"
import { oneLine } from "./stages"

/** Posts a message; what goes wrong is a line of the log, and no verdict. */
export async function post(message: Message, webhook: Secret, standIn?: Service): Promise<void> {
  const file = dag.directory().withNewFile("message.json", JSON.stringify(message)).file("message.json")
  try {
    const sent = dag.slack().post(file, { webhook, channel: "", api: "https://slack.com/api", target: standIn, targetName: "slack", timeout: 10, attempts: 3, name: "slack", again: String(Date.now()) })
    const [status, reason] = await Promise.all([sent.status(), sent.reason()])
    if (status !== "passed") console.log(`? slack was not told: ${oneLine(reason, 160)}`)
  } catch (error) {
    console.log(`? slack was not told: ${oneLine(String(error), 160)}`)
  }
}
