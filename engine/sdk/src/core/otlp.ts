/* The part of OTLP's protobuf that a span needs: loading OpenTelemetry would take longer than a call itself. */

export interface SpanData {
  scope: string
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string | undefined
  start: bigint
  end?: bigint
  attributes: Record<string, string | number | boolean | string[] | undefined>
  events: { name: string; time: bigint; attributes: SpanData["attributes"] }[]
  status?: { code: number; message?: string }
}

const VARINT = 0
const FIXED64 = 1
const BYTES = 2

function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value))
  const out: number[] = []
  do {
    const byte = Number(rest & 0x7fn)
    rest >>= 7n
    out.push(rest > 0n ? byte | 0x80 : byte)
  } while (rest > 0n)
  return out
}

const tag = (field: number, wire: number): number[] => varint((field << 3) | wire)

function bytes(field: number, value: Uint8Array | number[]): number[] {
  return [...tag(field, BYTES), ...varint(value.length), ...value]
}

const text = (field: number, value: string): number[] => bytes(field, Buffer.from(value, "utf8"))
const number = (field: number, value: number | bigint): number[] => [...tag(field, VARINT), ...varint(value)]

function fixed64(field: number, value: bigint): number[] {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(value)
  return [...tag(field, FIXED64), ...buffer]
}

function anyValue(value: string | number | boolean | string[]): number[] {
  if (typeof value === "string") return text(1, value)
  if (typeof value === "boolean") return number(2, value ? 1 : 0)
  if (Array.isArray(value))
    return bytes(
      5,
      value.flatMap((v) => bytes(1, anyValue(v))),
    )
  if (Number.isInteger(value)) return number(3, value)
  const buffer = Buffer.alloc(8)
  buffer.writeDoubleLE(value)
  return [...tag(4, FIXED64), ...buffer]
}

function keyValues(field: number, attributes: SpanData["attributes"]): number[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : bytes(field, [...text(1, key), ...bytes(2, anyValue(value))]),
  )
}

function encodeSpan(span: SpanData): number[] {
  return [
    ...bytes(1, Buffer.from(span.traceId, "hex")),
    ...bytes(2, Buffer.from(span.spanId, "hex")),
    ...(span.parentSpanId ? bytes(4, Buffer.from(span.parentSpanId, "hex")) : []),
    ...text(5, span.name),
    ...number(6, 1),
    ...fixed64(7, span.start),
    ...(span.end === undefined ? [] : fixed64(8, span.end)),
    ...keyValues(9, span.attributes),
    ...span.events.flatMap((e) =>
      bytes(11, [...fixed64(1, e.time), ...text(2, e.name), ...keyValues(3, e.attributes)]),
    ),
    ...(span.status
      ? bytes(15, [...(span.status.message ? text(2, span.status.message) : []), ...number(3, span.status.code)])
      : []),
  ]
}

/** An ExportTraceServiceRequest with these spans. */
export function encodeSpans(service: string, spans: SpanData[]): Uint8Array {
  const scopes = spans.flatMap((span) => bytes(2, [...bytes(1, text(1, span.scope)), ...bytes(2, encodeSpan(span))]))
  return Uint8Array.from(bytes(1, [...bytes(1, keyValues(1, { "service.name": service })), ...scopes]))
}
