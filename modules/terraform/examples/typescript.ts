import { Changeset, Directory, dag, func, object } from "@dagger.io/dagger"

/** Calls the module terraform. */
@object()
export class TerraformExample {
  /** Applies a configuration to an emulator of AWS. */
  @func()
  async apply(source: Directory): Promise<string> {
    const env = ["AWS_ENDPOINT_URL=http://aws:4566", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test"]
    const terraform = dag.terraform().withService("aws", dag.terraform().emulator())
    return terraform.apply(source, { env }).verdict()
  }

  /** The files as Terraform formats them. */
  @func()
  fix(source: Directory): Changeset {
    return dag.terraform().fix(source)
  }
}
