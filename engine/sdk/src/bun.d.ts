/* The parts of bun that the programs of the SDK's image use. */
declare namespace Bun {
  interface BuildLog {
    level: string
    message: string
    position: { file: string; line: number; column: number } | null
  }
  interface BunPlugin {
    name: string
    setup(build: {
      onResolve(
        filter: { filter: RegExp },
        resolve: (args: { path: string; importer: string }) => { path: string; external?: boolean } | undefined,
      ): void
      onLoad(
        filter: { filter: RegExp },
        load: (args: { path: string }) => Promise<{ contents: string; loader: "ts" }>,
      ): void
    }): void
  }
  const version: string
  function build(options: {
    entrypoints: string[]
    outdir?: string
    target: "bun" | "node"
    format: "esm" | "cjs"
    bytecode?: boolean
    splitting?: boolean
    external?: string[]
    plugins?: BunPlugin[]
    sourcemap?: "inline" | "none" | "linked"
    minify?: boolean | { whitespace?: boolean; syntax?: boolean; identifiers?: boolean }
    naming?: string
    throw?: boolean
  }): Promise<{ success: boolean; logs: BuildLog[]; outputs: { text(): Promise<string> }[] }>
}
