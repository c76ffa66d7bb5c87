import { AsyncLocalStorage } from "node:async_hooks"
import { randomBytes } from "node:crypto"
import { encodeSpans, type SpanData } from "./otlp.js"
import { post } from "./http.js"

export type Attributes = Record<string, string | number | boolean | string[] | undefined>

interface SpanContext {
  traceId: string
  spanId: string
  traceFlags: number
}

const active = new AsyncLocalStorage<SpanContext>()

function parse(header: string | undefined): SpanContext | undefined {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(header ?? "")
  return match ? { traceId: match[1]!, spanId: match[2]!, traceFlags: parseInt(match[3]!, 16) } : undefined
}

function currentContext(): SpanContext | undefined {
  return active.getStore() ?? parse(process.env.TRACEPARENT)
}

/** The header of requests that puts their spans below the span that made them. */
export function traceparent(): string | undefined {
  const context = active.getStore()
  if (!context) return process.env.TRACEPARENT
  return `00-${context.traceId}-${context.spanId}-${context.traceFlags.toString(16).padStart(2, "0")}`
}

const pending = new Set<Promise<unknown>>()

function send(span: SpanData): void {
  const base = process.env.OTEL_EXPORTER_OTLP_ENDPOINT
  const url =
    process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base ? base.replace(/\/$/, "") + "/v1/traces" : undefined)
  if (!url || process.env.OTEL_SDK_DISABLED === "true") return
  const headers: Record<string, string> = { "content-type": "application/x-protobuf" }
  for (const pair of (
    process.env.OTEL_EXPORTER_OTLP_TRACES_HEADERS ??
    process.env.OTEL_EXPORTER_OTLP_HEADERS ??
    ""
  ).split(",")) {
    const at = pair.indexOf("=")
    if (at > 0) headers[pair.slice(0, at).trim().toLowerCase()] = decodeURIComponent(pair.slice(at + 1).trim())
  }
  const parent = process.env.TRACEPARENT
  if (parent) headers.traceparent = parent
  // Telemetry never makes a function fail: a span that cannot be sent is dropped.
  const sent: Promise<unknown> = post(url, headers, encodeSpans("dagger-typescript-sdk", [span])).catch(() => undefined)
  pending.add(sent)
  void sent.finally(() => pending.delete(sent))
}

/** Waits until every finished span is sent. */
export async function flushSpans(): Promise<void> {
  while (pending.size > 0) await Promise.all(pending)
}

const now = (): bigint => BigInt(Date.now()) * 1_000_000n

export class Span {
  private readonly data: SpanData
  constructor(
    scope: string,
    name: string,
    readonly context: SpanContext,
    parent: SpanContext | undefined,
    attributes: Attributes = {},
  ) {
    this.data = {
      scope,
      name,
      traceId: context.traceId,
      spanId: context.spanId,
      parentSpanId: parent?.spanId,
      start: now(),
      attributes: { ...attributes },
      events: [],
    }
    if (process.env.OTEL_EXPORTER_OTLP_TRACES_LIVE !== undefined) send(this.data)
  }
  spanContext(): SpanContext {
    return this.context
  }
  setAttribute(key: string, value: Attributes[string]): this {
    this.data.attributes[key] = value
    return this
  }
  setAttributes(attributes: Attributes): this {
    Object.assign(this.data.attributes, attributes)
    return this
  }
  addEvent(name: string, attributes: Attributes = {}): this {
    this.data.events.push({ name, time: now(), attributes })
    return this
  }
  setStatus(status: { code: number; message?: string }): this {
    this.data.status = status
    return this
  }
  updateName(name: string): this {
    this.data.name = name
    return this
  }
  isRecording(): boolean {
    return this.data.end === undefined
  }
  recordException(error: unknown): void {
    const known = error instanceof Error ? error : new Error(String(error))
    this.addEvent("exception", {
      "exception.type": known.name,
      "exception.message": known.message,
      "exception.stacktrace": known.stack,
    })
  }
  end(): void {
    if (this.data.end !== undefined) return
    this.data.end = now()
    send(this.data)
  }
}

export class Tracer {
  constructor(private readonly name: string) {}

  startSpan(name: string, attributes?: Attributes): Span {
    const parent = currentContext()
    const context = {
      traceId: parent?.traceId ?? randomBytes(16).toString("hex"),
      spanId: randomBytes(8).toString("hex"),
      traceFlags: parent?.traceFlags ?? 1,
    }
    return new Span(this.name, name, context, parent, attributes)
  }

  /** Runs `fn` in a span of its own, and marks the span as failed when `fn` throws. */
  async startActiveSpan<T>(name: string, fn: (span: Span) => Promise<T>, attributes?: Attributes): Promise<T> {
    const span = this.startSpan(name, attributes)
    return await active.run(span.spanContext(), async () => {
      try {
        return await fn(span)
      } catch (error) {
        span.recordException(error)
        span.setStatus({ code: 2, message: error instanceof Error ? error.message : String(error) })
        throw error
      } finally {
        span.end()
      }
    })
  }
}

export function getTracer(name = "dagger.io/sdk.typescript"): Tracer {
  return new Tracer(name)
}
