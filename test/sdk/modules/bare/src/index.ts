/** Runs on node, and has a constructor without arguments. */
import { object, func } from "@dagger.io/dagger"

@object()
export class Bare {
  private readonly made: string

  constructor() {
    this.made = "made"
  }

  /** What runs the module. */
  @func()
  runtime(): string {
    return process.versions.bun ? "bun" : "node"
  }

  @func()
  state(): string {
    return this.made
  }
}
