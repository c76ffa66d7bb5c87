// Generated from modules/shared/container-script.ts by `npm run sync`; do not edit.
// How a container for tests is started, and what is read from its log: pure, without an engine.

/**
 * Runs the command in "$@" as a service with the name $1. It ends with an error if the command ends before it listens on
 * port $2, or does not listen within $3 seconds; the engine then has its log. A port that only the container itself reaches
 * does not count. It needs nothing but a shell and `sleep`.
 */
export const startScript = `
name=$1 port=$2 limit=$3; shift 3
hex=$(printf '%04X' "$port")
"$@" &
server=$!
trap 'kill -TERM $server 2> /dev/null' TERM INT
listens() {
  while read -r _ local _ state _; do
    case "$local $state" in
      0100007F:*|00000000000000000000000001000000:*) ;;
      *":$hex 0A") return 0 ;;
    esac
  done
  return 1
}
seconds=0
until listens < /proc/net/tcp || { [ -e /proc/net/tcp6 ] && listens < /proc/net/tcp6; }; do
  if ! kill -0 $server 2> /dev/null; then
    wait $server
    echo "$name: ended with exit code $? before it listened on port $port" >&2
    exit 1
  fi
  if [ "$seconds" -ge "$limit" ]; then
    echo "$name: did not listen on port $port within $limit s" >&2
    kill $server 2> /dev/null
    exit 1
  fi
  sleep 1
  seconds=$((seconds + 1))
done
while kill -0 $server 2> /dev/null; do wait $server; done
`

/** The last lines of a container's log in an error of the engine, as one line; the line about its start comes first. */
export function lastLines(text: string, name: string): string {
  const lines = text
    .replace(/ ?\[traceparent:[^\]]*\]/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(Stdout|Stderr|Error logs):$/i.test(line))
  const verdict = lines.findLast((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
  const rest = lines.filter((line) => !line.startsWith(`${name}: `))
  const log = verdict === undefined ? rest : rest.filter((line) => !/exit(ed|:| code)/.test(line))
  const last = [...new Set(log)].slice(-3).join(" | ")
  const line = verdict === undefined ? last : `${verdict}${last === "" ? "" : `; its last lines: ${last}`}`
  return line.length > 500 ? `${line.slice(0, 499)}…` : line
}
