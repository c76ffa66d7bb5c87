import { File, Secret, dag, func, object } from "@dagger.io/dagger"

/** Calls the module slack. */
@object()
export class SlackExample {
  /** Posts a message; the text says whether and why Slack refused it. */
  @func()
  async post(message: File, token: Secret): Promise<string> {
    return dag.slack().post(message, { token, channel: "#deploys" }).reason()
  }
}
