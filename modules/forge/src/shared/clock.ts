// Generated from modules/shared/clock.ts by `npm run sync`; do not edit.
import "./bun"

// The shell around a step: it limits the time, keeps the output and prints when the step began and ended. The times are
// part of the cached layer, so a step from the cache still has the time that it really took.
// The engine (v0.19.10) rejects exit codes above 128, so a killed command ends with 128; 124 is the time-out.
const script = `
limit=$1; shift
mkdir -p /report
start=$EPOCHREALTIME
timeout -k 5 "$limit" "$@" 2>&1 | tee -a /report/output.txt >&2
code=\${PIPESTATUS[0]}
end=$EPOCHREALTIME
echo "$start $end"
if [ "$code" = 137 ] && [ $(( \${end%.*} - \${start%.*} )) -ge "$limit" ]; then code=124; fi
if [ "$code" -gt 128 ]; then echo "ended by signal $((code - 128))" >> /report/output.txt; code=128; fi
exit "$code"
`

/** The command that runs `command` for at most `timeout` seconds. */
export function stepCommand(command: string[], timeout: number): string[] {
  return ["bash", "-c", script, "step", String(Math.max(1, Math.round(timeout))), ...command]
}

/** When a step began and ended (seconds since 1970), from what the shell around it printed. */
export function parseClock(stdout: string): { start: number; end: number } {
  const [start, end] = stdout.trim().split("\n").at(-1)?.split(" ").map(Number) ?? []
  if (start === undefined || end === undefined || !(end >= start))
    throw new Error(`the step printed no times: ${JSON.stringify(stdout.slice(-200))}`)
  return { start, end }
}

/** The first line that is not empty, without surrounding blanks; at most 300 characters. */
export function firstLine(text: string): string {
  const line =
    text
      .split("\n")
      .map((l) => l.trim())
      .find((l) => l !== "") ?? ""
  return line.length > 300 ? `${line.slice(0, 299)}…` : line
}
