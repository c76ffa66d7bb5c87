// The script that runs inside the container: bash -c SCRIPT jmeter URL SECONDS ARGUMENTS.

/**
 * Waits up to SECONDS for URL to answer with any status but 502, 503 and 504 (otherwise prints why and exits with 7),
 * runs JMeter with the arguments, and deletes from the dashboard what a browser does not need to show it.
 * Like JMeter, the wait accepts any certificate.
 */
export const runScript = `
url=$1; seconds=$2; shift 2
end=$((SECONDS + seconds))
while :; do
  left=$((end - SECONDS))
  status=$(curl -sSk -o /dev/null -w '%{http_code}' --max-time "$((left > 5 ? 5 : left < 1 ? 1 : left))" "$url" 2> /tmp/why)
  case $status in
    000) last=$(sed 's/^curl: ([0-9]*) //' /tmp/why) ;;
    502|503|504) last="answers $status" ;;
    *) break ;;
  esac
  if [ "$SECONDS" -ge "$end" ]; then echo "$url cannot be reached: $last (tried for $seconds s)"; exit 7; fi
  sleep 0.25
done
jmeter "$@"
code=$?
cd /report/dashboard 2> /dev/null || exit $code
find . -type d \\( -name fonts -o -name less -o -name scss \\) -prune -exec rm -rf {} +
find . -type f \\( -name '*.md' -o -name '*.map' -o -name jquery.js -o -name 'excanvas*' \\) -exec rm -f {} +
exit $code
`
