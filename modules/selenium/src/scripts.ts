import { waitFor } from "./shared/wait"

/**
 * The script that runs inside the container: bash -c SCRIPT test SECONDS NAME=URL… -- COMMAND.
 * Waits up to SECONDS for each address (exit code 7 if one does not answer), then runs COMMAND.
 */
export const testScript = `${waitFor}
seconds=$1; shift
waits=()
while [ "$1" != -- ]; do waits+=("$1"); shift; done
shift
wait_for "$seconds" "\${waits[@]}" || exit 7
exec "$@"
`
