// The scripts that run inside the container, passed to bash -c unchanged. $1 is `--insecure` or empty, $2 the registry's
// host, $3 the user or empty, $4 the type of the statement or empty; the rest are references. Everything is written to
// /tmp, a temporary mount, and is gone with the exec.

/** Logs in, and makes a configuration that names no service on the network: neither a log nor an authority is asked. */
const begin = `
set -euo pipefail
export HOME=/tmp/home DOCKER_CONFIG=/tmp/docker
mkdir -p /tmp/home
flags=(--trusted-root /tmp/root.json)
if [ -n "$1" ]; then flags+=(--allow-http-registry --allow-insecure-registry); fi
cosign trusted-root create --out /tmp/root.json
if [ -n "$3" ]; then
  cosign login "$2" -u "$3" --password-stdin < /run/secrets/password > /tmp/login 2>&1 || { cat /tmp/login; exit 4; }
fi
`

/**
 * Signs each reference with the key of /run/secrets/key, or, if $4 is a type, attests the predicate of /predicate.json.
 * Prints `signed <reference>` for each.
 */
export const signScript = `${begin}
export COSIGN_PASSWORD=""
if [ -e /run/secrets/passphrase ]; then COSIGN_PASSWORD=$(cat /run/secrets/passphrase); fi
cosign signing-config create --out /tmp/signing.json
if grep -q "BEGIN ENCRYPTED .* PRIVATE KEY" /run/secrets/key; then
  cp /run/secrets/key /tmp/own.key
else
  cosign import-key-pair --key /run/secrets/key --output-key-prefix /tmp/own -y > /tmp/imported 2>&1 ||
    { cat /tmp/imported; exit 5; }
fi
flags+=(--key /tmp/own.key --signing-config /tmp/signing.json -y)
type=$4
shift 4
for reference in "$@"; do
  if [ -n "$type" ]; then
    cosign attest "\${flags[@]}" --type "$type" --predicate /predicate.json "$reference"
  else
    cosign sign "\${flags[@]}" "$reference"
  fi
  echo "signed $reference"
done
`

/**
 * Verifies the signatures of each reference, or, if $4 is a type, its attestations, with each of the keys
 * /keys/<number>.pub. Prints for each of both `@@ <number> <exit code> <reference>`, what cosign found as lines of JSON,
 * and its words as lines that begin with `! `.
 */
export const verifyScript = `${begin}
flags+=(--insecure-ignore-tlog)
type=$4
shift 4
for reference in "$@"; do
  for key in /keys/*.pub; do
    code=0
    if [ -n "$type" ]; then
      cosign verify-attestation "\${flags[@]}" --key "$key" --type "$type" "$reference" > /tmp/out 2> /tmp/words || code=$?
    else
      cosign verify "\${flags[@]}" --key "$key" "$reference" > /tmp/out 2> /tmp/words || code=$?
    fi
    echo "@@ $(basename "$key" .pub) $code $reference"
    cat /tmp/out
    sed 's/^/! /' /tmp/words
  done
done
`
