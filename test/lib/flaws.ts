/** A small page at this machine's loopback with a hole for scanners to find, and the same page without it. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface Flawed {
  port: number
  close: () => void
}

/**
 * Serves a page that links to `/greeting?name=`, which says the name again, as `/unlinked?name=` does. With `holes`
 * it says it as HTML, as it is, and no answer has headers that protect.
 */
export async function servePage(holes: boolean): Promise<Flawed> {
  const safe = {
    "Content-Security-Policy":
      "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
  }
  const server = createServer((request, answer) => {
    const { pathname, searchParams } = new URL(request.url!, "http://x")
    const headers = { "Content-Type": "text/html; charset=utf-8", ...(holes ? {} : safe) }
    const name = searchParams.get("name") ?? ""
    if (pathname === "/")
      answer
        .writeHead(200, headers)
        .end('<!doctype html><title>A page</title><a href="/greeting?name=you">Hello</a> <a href="/about">About</a>')
    else if (pathname === "/about")
      answer.writeHead(200, headers).end("<!doctype html><title>About</title><p>Nothing to see")
    else if (pathname === "/greeting" || pathname === "/unlinked")
      answer
        .writeHead(200, headers)
        .end(
          `<!doctype html><title>Hello</title><p>Hello ${holes ? name : name.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)}</p>`,
        )
    else answer.writeHead(404, headers).end("<!doctype html><title>Nothing</title>")
  })
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve))
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { port: (server.address() as AddressInfo).port, close }
}
