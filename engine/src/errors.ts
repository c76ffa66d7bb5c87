// Errors in the output of the Dagger CLI.

/** A line of `--progress=plain`, such as `12  : Delivery.pr ERROR`. */
const progress = /^\d+ +: /

/** Collects errors of several lines from the CLI's output: an `Error: ` line and what follows up to a progress line. */
export class Errors {
  private readonly lines: string[] = []
  private open = false

  /** Reads one line without colours. */
  read(line: string): void {
    if (/^(?:Error: |! )/.test(line)) this.open = true
    else if (progress.test(line)) this.open = false
    if (this.open) this.lines.push(line.replace(/ \[traceparent:[^\]]*\]$/, ""))
  }

  text(): string {
    return this.lines.join("\n").trim()
  }
}
