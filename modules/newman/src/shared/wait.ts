// Generated from modules/shared/wait.ts by `npm run sync`; do not edit.
// Shell that waits until addresses answer.

/**
 * A function of bash, for images with node: `wait_for SECONDS NAME=URL…` returns when each of the addresses answers with
 * anything but 502, 503 and 504 (a proxy whose service is not up yet). After SECONDS it prints which address could not be
 * reached and why, and ends with 7.
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
      const { status } = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(Math.max(100, Math.min(5000, end - Date.now()))) })
      if (status < 502 || status > 504) return
      last = "it answers " + status
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
