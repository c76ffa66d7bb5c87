import { File, Secret, dag, func, object } from "@dagger.io/dagger"

/** Calls the module cosign. */
@object()
export class CosignExample {
  /** Says of an image that its tests passed, and signs that. */
  @func()
  async attest(image: string, verdict: File, key: Secret, password: Secret): Promise<string> {
    return dag
      .cosign()
      .withLogin("ci", password)
      .withKey(key)
      .attest([image], verdict, "https://example.com/verdict/1")
      .verdict()
  }
}
