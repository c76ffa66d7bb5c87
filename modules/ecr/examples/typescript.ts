import { Container, Secret, dag, func, object } from "@dagger.io/dagger"

/** Calls the module ecr. */
@object()
export class EcrExample {
  /** Pushes an image to a repository of the account, which is created if it does not exist. */
  @func()
  async push(accessKey: Secret, secretKey: Secret, image: Container, tag: string): Promise<string> {
    const ecr = dag.ecr().withAccess(accessKey, secretKey)
    await ecr.ensure(["team/api"], "eu-central-1")
    const host = await ecr.registry("eu-central-1")
    return dag
      .registry()
      .withLogin("AWS", ecr.login("eu-central-1"))
      .withImage(image, `${host}/team/api:${tag}`)
      .push()
      .verdict()
  }
}
