/** A dependency: it has no constructor, an enum, an object, and what fits an interface of the fixture. */
import { dag, object, func, Container } from "@dagger.io/dagger"

export enum Tone {
  Kind = "kind",
  Rude = "rude",
}

@object()
export class Card {
  @func()
  text: string

  constructor(text: string = "") {
    this.text = text
  }

  /** The text, loud. */
  @func()
  loud(): string {
    return this.text.toUpperCase()
  }
}

@object()
export class Greeter {
  @func()
  greeting?: string

  /** Another greeting. */
  @func()
  withGreeting(greeting: string): Greeter {
    this.greeting = greeting
    return this
  }

  @func()
  greet(name: string, tone: Tone = Tone.Kind): string {
    return tone === Tone.Kind ? `${this.greeting ?? "Hello"}, ${name}!` : `${name}?`
  }

  @func()
  card(name: string): Card {
    return new Card(this.greet(name))
  }

  @func()
  base(): Container {
    return dag.container().withLabel("greeting", this.greeting ?? "Hello")
  }

  @func()
  async many(names: string[]): Promise<string[]> {
    return names.map((name) => this.greet(name))
  }
}
