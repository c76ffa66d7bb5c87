import { waitFor } from "./shared/wait"

// What runs inside the container, given to bash -c as it stands.

/** Waits for at most $1 seconds for each of the addresses (`name=url`) before `--` (exit code 7 and a line that says so), then runs the rest. */
export const testScript = `${waitFor}
seconds=$1; shift
waits=()
while [ "$1" != -- ]; do waits+=("$1"); shift; done
shift
wait_for "$seconds" "\${waits[@]}" || exit 7
exec "$@"
`
