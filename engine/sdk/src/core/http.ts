/** POST requests to the session's server on the loopback interface. */
export interface Reply {
  status: number
  text: string
}

/** Sends a request without a time limit: a query lasts as long as the work that it starts. */
export async function post(url: string, headers: Record<string, string>, body: string | Uint8Array): Promise<Reply> {
  if (typeof (globalThis as { Bun?: unknown }).Bun !== "undefined") {
    const init = { method: "POST", headers, body, timeout: false } as RequestInit
    const response = await fetch(url, init)
    return { status: response.status, text: await response.text() }
  }
  // node's fetch gives up after five minutes without a header, and takes longer to load.
  const http = await import("node:http")
  return await new Promise<Reply>((resolve, reject) => {
    const request = http.request(
      url,
      { method: "POST", headers: { ...headers, "content-length": Buffer.byteLength(body) } },
      (response) => {
        const chunks: Buffer[] = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", reject)
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
        )
      },
    )
    request.on("error", reject)
    request.end(body)
  })
}
