import ts from "typescript"

const PATHS: Record<string, string[]> = {
  "@dagger.io/dagger": ["./sdk/index.ts"],
  "@dagger.io/dagger/telemetry": ["./sdk/telemetry.ts"],
}

interface Tsconfig {
  compilerOptions?: { experimentalDecorators?: boolean; paths?: Record<string, string[]> } & Record<string, unknown>
}

/** A tsconfig.json completed with what a module needs; undefined when nothing is missing. */
export function completeTsconfig(text: string): string | undefined {
  const { config, error } = ts.parseConfigFileTextToJson("tsconfig.json", text) as {
    config?: Tsconfig
    error?: ts.Diagnostic
  }
  if (error) throw new Error(`tsconfig.json: ${ts.flattenDiagnosticMessageText(error.messageText, "\n")}`)
  if (typeof config !== "object") throw new Error("tsconfig.json: is not an object")
  const options = (config.compilerOptions ??= {})
  const missing = Object.entries(PATHS).filter(([name]) => !options.paths?.[name])
  if (options.experimentalDecorators === true && missing.length === 0) return undefined
  options.experimentalDecorators = true
  options.paths = { ...Object.fromEntries(missing), ...options.paths }
  return JSON.stringify(config, null, 2) + "\n"
}
