// Generated from modules/shared/xml.ts by `npm run sync`; do not edit.
// Text to XML and back: pure functions.

const named: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }

/** Replaces XML's entities by their characters; an unknown entity stays as it is. */
export function decodeXml(xml: string): string {
  const entity = /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi
  return xml.replace(entity, (all: string, hex?: string, decimal?: string, name: string = "") => {
    if (hex) return String.fromCodePoint(parseInt(hex, 16))
    return decimal ? String.fromCodePoint(Number(decimal)) : (named[name] ?? all)
  })
}

/** The text as it may stand in an XML attribute or element; characters that XML 1.0 forbids become U+FFFD. */
export function encodeXml(text: string): string {
  return text
    .replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
}
