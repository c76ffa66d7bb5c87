// What runs inside the container, given to bash -c as it stands. $1 is `--insecure` or empty, $2 the registry's host, $3 the user or empty.

/** Logs in, with settings that are gone with the exec: /tmp is a temporary mount. */
const login = `
set -euo pipefail
flags=(); if [ -n "$1" ]; then flags=("$1"); fi
export DOCKER_CONFIG=/tmp/docker
if [ -n "$3" ]; then crane auth login "$2" -u "$3" --password-stdin "\${flags[@]}" < /run/secrets/password > /dev/null 2> /tmp/login || { sed 's/^/error: /' /tmp/login >&2; exit 4; }; fi
# The digest that a tag has, nothing when there is none; any other answer is an error.
digest_of() {
  if crane digest "\${flags[@]}" "$1" 2> /tmp/digest; then return; fi
  if grep -qE 'MANIFEST_UNKNOWN|NAME_UNKNOWN|404 Not Found' /tmp/digest; then return; fi
  cat /tmp/digest >&2; return 1
}
`

/**
 * Takes out of an image's configuration what differs from machine to machine, so that the same files and settings have the same digest everywhere: the history
 * (optional in the OCI image specification; the engine writes there when it pulled or made each layer), and the time of making, which becomes that of the label
 * org.opencontainers.image.created. $1 is the image's folder, in the OCI layout.
 */
export const still = `
still() {
  local blobs=$1/blobs/sha256 manifest config made
  manifest=$(sed -E 's/.*"digest":"sha256:([0-9a-f]{64})".*/\\1/' "$1/index.json")
  config=$(perl -0ne 'print $1 if /"config":\\s*\\{[^}]*?"digest":\\s*"sha256:([0-9a-f]{64})"/' "$blobs/$manifest")
  if [ -z "$config" ]; then echo "error: $1: an image of one platform is allowed" >&2; exit 3; fi
  perl -0pe '
    s/,?"history":\\[(?:[^\\[\\]"]|"(?:\\\\.|[^"\\\\])*")*\\]//;
    my ($label) = /"org\\.opencontainers\\.image\\.created":"([^"]+)"/;
    if ($label) { s/"created":"[^"]*"/"created":"$label"/ } else { s/"created":"[^"]*",?// }
  ' "$blobs/$config" > /tmp/config
  made=$(sha256sum < /tmp/config | cut -c1-64)
  SIZE=$(stat -c %s /tmp/config) MADE=$made perl -0pe 's/("config":\\s*\\{[^}]*?"digest":\\s*"sha256:)[0-9a-f]{64}(",\\s*"size":\\s*)\\d+/$1$ENV{MADE}$2$ENV{SIZE}/' "$blobs/$manifest" > /tmp/manifest
  rm "$blobs/$config" "$blobs/$manifest"
  mv /tmp/config "$blobs/$made"
  made=$(sha256sum < /tmp/manifest | cut -c1-64)
  SIZE=$(stat -c %s /tmp/manifest) MADE=$made perl -0pi -e 's/("digest":"sha256:)[0-9a-f]{64}(","size":)\\d+/$1$ENV{MADE}$2$ENV{SIZE}/' "$1/index.json"
  mv /tmp/manifest "$blobs/$made"
}
`

/** Pushes /images/N.tar under the Nth reference. A tag that has another digest already is an error (exit code 3), before anything is pushed. */
export const pushScript = `${login}${still}
shift 3
n=0
for reference in "$@"; do
  n=$((n + 1)); mkdir -p /tmp/$n; tar -xf /images/$n.tar -C /tmp/$n
  still /tmp/$n
  wanted=$(sed -E 's/.*"digest":"(sha256:[0-9a-f]{64})".*/\\1/' /tmp/$n/index.json)
  found=$(digest_of "$reference")
  if [ -n "$found" ] && [ "$found" != "$wanted" ]; then
    echo "error: $reference is $found already, and this image is $wanted: a tag is never moved" >&2; exit 3
  fi
  echo "$wanted" > /tmp/$n.wanted; echo "$found" > /tmp/$n.found
done
n=0
for reference in "$@"; do
  n=$((n + 1)); wanted=$(cat /tmp/$n.wanted)
  if [ "$(cat /tmp/$n.found)" = "$wanted" ]; then echo "there $wanted $reference"; continue; fi
  crane push "\${flags[@]}" /tmp/$n "$reference" > /dev/null
  found=$(digest_of "$reference")
  if [ "$found" != "$wanted" ]; then echo "error: $reference was pushed as $wanted, and the registry has $found" >&2; exit 3; fi
  echo "pushed $wanted $reference"
done
`

/** Puts the files of /files into the registry as an artefact, under each of the references; prints its digest. */
export const putScript = `${login}
shift 3
tar -C /files --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -czf /tmp/files.tar.gz .
first=$1
crane append "\${flags[@]}" --oci-empty-base -f /tmp/files.tar.gz -t "$first" > /dev/null
digest=$(digest_of "$first")
name=\${first%:*}
for reference in "\${@:2}"; do crane tag "\${flags[@]}" "$name@$digest" "\${reference##*:}"; done
echo "$digest"
`

/**
 * Gets the files of the artefact $4 into /out. If the registry has no such tag: exit code 5, or, if $5 is `optional`, an empty /out.
 * A registry that gives any other answer is an error.
 */
export const getScript = `${login}
mkdir -p /out
if [[ "$4" != *@* ]]; then
  digest=$(digest_of "$4")
  if [ -z "$digest" ] && [ "$5" = optional ]; then exit 0; fi
  if [ -z "$digest" ]; then echo "error: there is no $4" >&2; exit 5; fi
fi
crane export "\${flags[@]}" "$4" /tmp/files.tar
tar -xf /tmp/files.tar -C /out
`
