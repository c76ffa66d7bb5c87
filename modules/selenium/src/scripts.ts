// What runs inside the container, given to bash -c as it stands.

/** Waits until something answers at each of the addresses (`name=url`) before `--`, for at most $1 seconds (exit code 7 and a line that says
 * so), then runs the rest. */
export const testScript = `
seconds=$1; shift
waits=()
while [ "$1" != -- ]; do waits+=("$1"); shift; done
shift
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
  console.log(name + " " + url + " cannot be reached: " + last + " (tried for " + seconds + " s)")
  process.exitCode = 7
}
for (const wait of waits) attempt(wait.slice(0, wait.indexOf("=")), wait.slice(wait.indexOf("=") + 1))
' "$seconds" "\${waits[@]}" || exit 7
exec "$@"
`
