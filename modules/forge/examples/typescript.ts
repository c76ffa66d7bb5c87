import { File, Secret, dag, func, object } from "@dagger.io/dagger"

/** Calls the module forge. */
@object()
export class ForgeExample {
  /** Shows a green verdict; the text says whether and why the forge refused it. */
  @func()
  async show(repository: string, commit: string, token: Secret, pull: number, body: File): Promise<string> {
    return dag.forge().show("github", repository, commit, token, "success", { pull, body }).reason()
  }
}
