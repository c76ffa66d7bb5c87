// Generated from modules/shared/wait.ts by `npm run sync`; do not edit.
// Shell that waits until addresses answer.

/**
 * A function of bash, for images with node: `wait_for SECONDS NAME=URL…` returns when each address answers with any
 * status but 502, 503 and 504 (a proxy whose service is not up yet). Otherwise it prints which address could not be
 * reached and why, and returns 7 after SECONDS.
 */
export const waitFor = `
wait_for() {
node -e '
const [seconds, ...waits] = process.argv.slice(1)
const end = Date.now() + 1000 * seconds
const attempt = async (name, url) => {
  let last = "no answer"
  do {
    try {
      const signal = AbortSignal.timeout(Math.max(100, Math.min(5000, end - Date.now())))
      const { status } = await fetch(url, { redirect: "manual", signal })
      if (status < 502 || status > 504) return
      last = "answers " + status
    } catch (error) {
      last = error.cause?.message || error.cause?.code || error.message
    }
    await new Promise((done) => setTimeout(done, 250))
  } while (Date.now() < end)
  console.log((name ? name + " " : "") + url + " cannot be reached: " + last + " (tried for " + seconds + " s)")
  process.exitCode = 7
}
for (const wait of waits) attempt(wait.slice(0, wait.indexOf("=")), wait.slice(wait.indexOf("=") + 1))
' "$@"
}
`
