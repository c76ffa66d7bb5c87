/**
 * The errors that a module can meet. Names, codes and fields are those of the published library, so that code that
 * reads them works with both.
 */
export const ERROR_CODES = {
  GraphQLRequestError: "D100",
  UnknownDaggerError: "D101",
  TooManyNestedObjectsError: "D102",
  NotAwaitedRequestError: "D108",
  ExecError: "D109",
} as const

export abstract class DaggerSDKError extends Error {
  abstract readonly code: string
  override cause?: unknown

  constructor(message: string, options?: { cause?: unknown }) {
    super(message)
    this.name = new.target.name
    this.cause = options?.cause
  }

  printStackTrace(): void {
    console.error(this.stack)
  }
}

export class UnknownDaggerError extends DaggerSDKError {
  readonly code = ERROR_CODES.UnknownDaggerError
}

export class NotAwaitedRequestError extends DaggerSDKError {
  readonly code = ERROR_CODES.NotAwaitedRequestError
}

export class TooManyNestedObjectsError extends DaggerSDKError {
  readonly code = ERROR_CODES.TooManyNestedObjectsError
  constructor(
    message: string,
    readonly response: unknown,
  ) {
    super(message)
  }
}

export type Extensions = Record<string, unknown>

/** A request that the engine refused; `extensions` holds the engine's details of the cause. */
export class GraphQLRequestError extends DaggerSDKError {
  readonly code = ERROR_CODES.GraphQLRequestError
  readonly extensions: Extensions | undefined
  readonly response: unknown
  readonly requestContext: unknown

  constructor(message: string, request: unknown, response: { errors?: { extensions?: Extensions }[] }) {
    super(message)
    this.requestContext = request
    this.response = response
    this.extensions = response.errors?.[0]?.extensions
  }
}

/** A command of a container that ended with an unexpected exit code. */
export class ExecError extends DaggerSDKError {
  readonly code = ERROR_CODES.ExecError
  readonly cmd: string[]
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly extensions: Extensions

  constructor(message: string, extensions: Extensions) {
    super(message)
    this.cmd = (extensions.cmd as string[]) ?? []
    this.exitCode = (extensions.exitCode as number) ?? -1
    this.stdout = (extensions.stdout as string) ?? ""
    this.stderr = (extensions.stderr as string) ?? ""
    this.extensions = extensions
  }
}
