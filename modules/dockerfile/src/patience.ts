// Waits for what takes long. The TypeScript SDK ends a request that is not answered within 300 s, though the engine goes on.

/** Milliseconds after which a question is asked again. */
export const askedAgain = 200_000

/** Milliseconds after which the client may have ended an unanswered question. */
const endedByClient = 290_000

/**
 * The answer to a question of the engine that may take longer than a request lives. The same question is asked again while the
 * first is open: the engine works on it once, and always for somebody. An error of a question that was open for as long as a
 * request lives counts only when no younger one is open.
 */
export function patiently<T>(ask: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let open = 0
    let timer: ReturnType<typeof setTimeout>
    const start = (): void => {
      const began = Date.now()
      open++
      timer = setTimeout(start, askedAgain)
      ask().then(
        (answer) => {
          clearTimeout(timer)
          resolve(answer)
        },
        (error: unknown) => {
          open--
          if (open > 0 && Date.now() - began >= endedByClient) return
          clearTimeout(timer)
          reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
    }
    start()
  })
}
