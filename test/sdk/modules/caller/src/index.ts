/** Gives an object of one dependency to an interface of another. */
import { dag, object, func } from "@dagger.io/dagger"

@object()
export class Caller {
  @func()
  async speak(): Promise<string> {
    return await dag.fixture().speak(dag.greeter().withGreeting("Hi").asFixtureSpeaker())
  }
}
