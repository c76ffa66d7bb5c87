/** A folder as a web page at this machine's loopback, for tests of what looks at something live. */
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join, normalize } from "node:path"

export interface Served {
  port: number
  /** The path of each request so far, in their order. */
  requests: string[]
  close: () => void
}

const types: Record<string, string> = { ".html": "text/html", ".json": "application/json" }

/**
 * Serves the folder at 127.0.0.1 and the port, any free one if it is 0; a port that is taken is an error. `status`
 * answers each request with it instead.
 */
export async function serveFolder(folder: string, port = 0, status?: number): Promise<Served> {
  const requests: string[] = []
  const server = createServer((request, answer) => {
    const path = normalize(new URL(request.url!, "http://x").pathname)
    requests.push(path)
    try {
      if (status) return void answer.writeHead(status).end()
      const file = join(folder, path === "/" ? "index.html" : path)
      const content = readFileSync(file)
      answer.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" }).end(content)
    } catch {
      answer.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve))
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { port: (server.address() as AddressInfo).port, requests, close }
}
