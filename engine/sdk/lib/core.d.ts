/* The parts of the library that are not generated. */

export type ConnectOpts = { Workdir?: string; LogOutput?: unknown }

export interface GraphQLClient {
  request<T = unknown>(
    document: string | { document: string; variables?: Record<string, unknown> },
    variables?: Record<string, unknown>,
  ): Promise<T>
  rawRequest(
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<{ data?: unknown; errors?: { message: string; extensions?: Record<string, unknown> }[] }>
}

export declare class Context {
  private _queryTree
  private _connection
  getGQLClient(): GraphQLClient
  copy(): Context
  select(operation: string, args?: Record<string, unknown>): Context
  execute<T>(): Promise<T>
}

export type ArgumentOptions = {
  /**
   * The default of a Directory, File or Git argument: a path relative to the module's folder, or from `/`, the root of
   * its repository.
   */
  defaultPath?: string
  /** Patterns of files that a Directory argument leaves out. */
  ignore?: string[]
}

export type FunctionOptions = {
  /** "never", "session", or how long a result is valid, such as "10m". */
  cache?: "never" | "session" | string
  /** Another name in the API. */
  alias?: string
}

type Class = { new (...args: any[]): any }
type Member = (target: object, propertyKey: string | symbol, descriptor?: PropertyDescriptor) => void

/** Marks a class as part of the module's API. */
export declare const object: () => <T extends Class>(constructor: T) => T
/** Marks a method as a function, or a property as a field, of the API. */
export declare const func: (options?: FunctionOptions | string) => Member
/** Marks a function as a check. */
export declare const check: () => Member
/** Sets options of an argument. */
export declare const argument: (
  options?: ArgumentOptions,
) => (target: object, propertyKey: string | undefined, parameterIndex: number) => void
/** @deprecated use `@func()` */
export declare const field: (alias?: string) => (target: object, propertyKey: string) => void
/** @deprecated use `enum` */
export declare const enumType: () => <T extends Class>(constructor: T) => T

export declare function connection(fn: () => Promise<void>, options?: ConnectOpts): Promise<void>
export declare function entrypoint(files: string[]): Promise<void>

export type Attributes = Record<string, string | number | boolean | string[] | undefined>
export interface Span {
  spanContext(): { traceId: string; spanId: string; traceFlags: number }
  setAttribute(key: string, value: Attributes[string]): this
  setAttributes(attributes: Attributes): this
  addEvent(name: string, attributes?: Attributes): this
  setStatus(status: { code: number; message?: string }): this
  updateName(name: string): this
  isRecording(): boolean
  recordException(error: unknown): void
  end(): void
}
export interface Tracer {
  startSpan(name: string, attributes?: Attributes): Span
  startActiveSpan<T>(name: string, fn: (span: Span) => Promise<T>, attributes?: Attributes): Promise<T>
}
export declare function getTracer(name?: string): Tracer
