import { waitForPython } from "./shared/wait-python"

/**
 * The program that runs inside the container: python3 -c PROGRAM URL SECONDS COMMAND.
 * Waits up to SECONDS for URL to answer (exit code 7 if it does not) and runs COMMAND; exits with 7 too if URL no
 * longer answers after it.
 */
export const scanScript = `${waitForPython}
import subprocess

url, seconds, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
wait_for(url, seconds)
code = subprocess.run(command).returncode
if code == 0:
    wait_for(url, min(seconds, 10), " any more after the scan")
sys.exit(code if code >= 0 else 128)
`
