// The scripts that run inside the container, passed to bash -c unchanged. $1 is `--insecure` or empty, $2 the registry's host,
// $3 the user or empty.

/**
 * Logs in, and the functions of all scripts. The login is stored in /tmp, a temporary mount, and is gone with the exec. Exit codes: 3 a
 * tag is something else, 4 the login is refused or has expired, 1 anything else.
 */
const login = `
set -euo pipefail
flags=(); if [ -n "$1" ]; then flags=("$1"); fi
export DOCKER_CONFIG=/tmp/docker
if [ -n "$3" ]; then
  crane auth login "$2" -u "$3" --password-stdin "\${flags[@]}" < /run/secrets/password > /dev/null 2> /tmp/login ||
    { sed 's/^/error: /' /tmp/login >&2; exit 4; }
fi
# The exit code for what the registry has said in a file.
code_for() { if grep -qiE 'UNAUTHORIZED|401 Unauthorized|authorization token has expired' "$1"; then echo 4; else echo 1; fi; }
# Prints the digest of a tag, or nothing when there is no such tag; any other answer is an error.
digest_of() {
  if crane digest "\${flags[@]}" "$1" 2> /tmp/digest; then return; fi
  if grep -qE 'MANIFEST_UNKNOWN|NAME_UNKNOWN|404 Not Found' /tmp/digest; then return; fi
  cat /tmp/digest >&2; return "$(code_for /tmp/digest)"
}
# Pushes the OCI layout $1 with the digest $2 as the new tag $3; more arguments are flags. A registry whose tags are
# immutable refuses a tag that another run has pushed meanwhile: the same image there is as good as a push.
push_as() {
  local folder=$1 digest=$2 reference=$3 said=/tmp/pushed now code; shift 3
  crane push "\${flags[@]}" "$@" "$folder" "$reference" > /dev/null 2> $said || true
  code=0; now=$(digest_of "$reference") || code=$?
  if [ "$now" = "$digest" ]; then return; fi
  if [ "$code" != 0 ]; then return "$code"; fi
  cat $said >&2
  if [ -n "$now" ]; then
    echo "error: $reference should be $digest, but the registry has $now: another run has pushed it," \
      "or the registry does not move tags" >&2
    return 3
  fi
  if grep -q NAME_UNKNOWN /tmp/digest && ! grep -qE 'DENIED|40[13] ' $said; then
    local path=\${reference#*/}
    echo "error: \${reference%%/*} has no repository \${path%:*}, and a push does not create it: create it first," \
      "by Terraform (aws_ecr_repository) or by the function ensure of modules/ecr" >&2
  fi
  return "$(code_for $said)"
}
`

/**
 * Removes from an image's configuration what differs between machines, so that the same files and settings have the same digest
 * everywhere: the history (optional in the OCI image specification; the engine records in it when it pulled or built a layer),
 * and the creation time, which becomes that of the label org.opencontainers.image.created. $1 is the image's folder in the OCI
 * layout.
 */
export const normalize = `
normalize() {
  local blobs=$1/blobs/sha256 manifest config made
  manifest=$(sed -E 's/.*"digest":"sha256:([0-9a-f]{64})".*/\\1/' "$1/index.json")
  config=$(perl -0ne 'print $1 if /"config":\\s*\\{[^}]*?"digest":\\s*"sha256:([0-9a-f]{64})"/' "$blobs/$manifest")
  if [ -z "$config" ]; then echo "error: $1: an image of one platform is supported" >&2; exit 3; fi
  perl -0pe '
    s/,?"history":\\[(?:[^\\[\\]"]|"(?:\\\\.|[^"\\\\])*")*\\]//;
    my ($label) = /"org\\.opencontainers\\.image\\.created":"([^"]+)"/;
    if ($label) { s/"created":"[^"]*"/"created":"$label"/ } else { s/"created":"[^"]*",?// }
  ' "$blobs/$config" > /tmp/config
  made=$(sha256sum < /tmp/config | cut -c1-64)
  SIZE=$(stat -c %s /tmp/config) MADE=$made perl -0pe '
    s/("config":\\s*\\{[^}]*?"digest":\\s*"sha256:)[0-9a-f]{64}(",\\s*"size":\\s*)\\d+/$1$ENV{MADE}$2$ENV{SIZE}/
  ' "$blobs/$manifest" > /tmp/manifest
  rm "$blobs/$config" "$blobs/$manifest"
  mv /tmp/config "$blobs/$made"
  made=$(sha256sum < /tmp/manifest | cut -c1-64)
  SIZE=$(stat -c %s /tmp/manifest) MADE=$made perl -0pi -e '
    s/("digest":"sha256:)[0-9a-f]{64}(","size":)\\d+/$1$ENV{MADE}$2$ENV{SIZE}/
  ' "$1/index.json"
  mv /tmp/manifest "$blobs/$made"
}
`

/**
 * Makes one OCI layout of several: /tmp/<first number> gets the blobs of all, and an index with the platform of each as its
 * index.json.
 */
const join = `
index_of() {
  local all=/tmp/$1 entries="" seen="" n blobs manifest config type platform
  for n in "$@"; do
    blobs=/tmp/$n/blobs/sha256
    manifest=$(sed -E 's/.*"digest":"sha256:([0-9a-f]{64})".*/\\1/' "/tmp/$n/index.json")
    config=$(perl -0ne 'print $1 if /"config":\\s*\\{[^}]*?"digest":\\s*"sha256:([0-9a-f]{64})"/' "$blobs/$manifest")
    type=$(perl -0ne 'print $1 if /"mediaType":\\s*"([^"]+manifest[^"]*)"/' "$blobs/$manifest")
    platform=$(perl -0ne '
      my %of; while (/"(architecture|os|variant)":\\s*"([^"]+)"/g) { $of{$1} //= $2 }
      print join(",", map { defined $of{$_} ? "\\"$_\\":\\"$of{$_}\\"" : () } qw(architecture os variant));
    ' "$blobs/$config")
    case "$seen" in *"{$platform}"*) echo "error: two images of one reference are for {$platform}" >&2; exit 3;; esac
    seen="$seen{$platform}"
    entries="$entries\${entries:+,}{\\"mediaType\\":\\"\${type:-application/vnd.oci.image.manifest.v1+json}\\","
    entries="$entries\\"digest\\":\\"sha256:$manifest\\",\\"size\\":$(stat -c %s "$blobs/$manifest"),"
    entries="$entries\\"platform\\":{$platform}}"
    if [ "/tmp/$n" != "$all" ]; then cp -n "$blobs"/* "$all/blobs/sha256/"; fi
  done
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' "$entries" > "$all/index.json"
}
`

/**
 * Pushes /images/N.tar under the Nth reference; images of one reference, one for each platform, become an index. If a tag already
 * has another digest, the script ends with exit code 3 before anything is pushed, unless KEEP (a reference in each line) names it:
 * then it stays as it is.
 */
export const pushScript = `${login}${normalize}${join}
shift 3
declare -A numbers wanted found index
order=()
n=0
for reference in "$@"; do
  n=$((n + 1)); mkdir -p /tmp/$n; tar -xf /images/$n.tar -C /tmp/$n
  normalize /tmp/$n
  if [ -z "\${numbers[$reference]:-}" ]; then order+=("$reference"); fi
  numbers[$reference]="\${numbers[$reference]:-} $n"
done
for reference in "\${order[@]}"; do
  read -ra own <<< "\${numbers[$reference]}"
  folder=/tmp/\${own[0]}; index[$reference]=""
  if [ "\${#own[@]}" -gt 1 ]; then
    index_of "\${own[@]}"; index[$reference]=--index
    wanted[$reference]=sha256:$(sha256sum < "$folder/index.json" | cut -c1-64)
  else
    wanted[$reference]=$(sed -E 's/.*"digest":"(sha256:[0-9a-f]{64})".*/\\1/' "$folder/index.json")
  fi
  found[$reference]=$(digest_of "$reference")
  if [ -n "\${found[$reference]}" ] && [ "\${found[$reference]}" != "\${wanted[$reference]}" ]; then
    if grep -qxF -- "$reference" <<< "\${KEEP:-}"; then wanted[$reference]=\${found[$reference]}; continue; fi
    echo "error: $reference is already \${found[$reference]}, and this image is \${wanted[$reference]}: a tag is never moved;" \
      "push another version, or find out why the same version is built differently" >&2; exit 3
  fi
done
for reference in "\${order[@]}"; do
  digest=\${wanted[$reference]}
  if [ "\${found[$reference]}" = "$digest" ]; then echo "exists $digest $reference"; continue; fi
  read -ra own <<< "\${numbers[$reference]}"
  push_as "/tmp/\${own[0]}" "$digest" "$reference" \${index[$reference]}
  echo "pushed $digest $reference"
done
`

/**
 * Stores the files of /files in the registry as an artifact of one layer, under each of the references; prints its
 * digest, which the same files always have. A tag that has this digest is left alone; one that has another is an error
 * with exit code 3, before anything is pushed, unless MOVE is set.
 */
export const pushFilesScript = `${login}
shift 3
blobs=/tmp/layout/blobs/sha256; mkdir -p "$blobs"
# Moves a file to the blobs; prints its digest and size as the fields of a descriptor.
blob() {
  local hash; hash=$(sha256sum < "$1" | cut -c1-64)
  printf '"digest":"sha256:%s","size":%s' "$hash" "$(stat -c %s "$1")"
  mv "$1" "$blobs/$hash"
}
tar -C /files --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -cf /tmp/files.tar .
content=$(sha256sum < /tmp/files.tar | cut -c1-64)
gzip -n -9 /tmp/files.tar
oci=application/vnd.oci.image
printf '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$content" > /tmp/config
printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s",%s},"layers":[{"mediaType":"%s",%s}]}' \
  $oci.manifest.v1+json $oci.config.v1+json "$(blob /tmp/config)" \
  $oci.layer.v1.tar+gzip "$(blob /tmp/files.tar.gz)" > /tmp/manifest
digest=sha256:$(sha256sum < /tmp/manifest | cut -c1-64)
printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s",%s}]}' $oci.manifest.v1+json "$(blob /tmp/manifest)" > /tmp/layout/index.json
printf '{"imageLayoutVersion":"1.0.0"}' > /tmp/layout/oci-layout
missing=()
for reference in "$@"; do
  found=$(digest_of "$reference")
  if [ "$found" = "$digest" ]; then continue; fi
  if [ -n "$found" ] && [ -z "\${MOVE:-}" ]; then
    echo "error: $reference is already $found, and these files are $digest: a tag is never moved;" \
      "store them under another tag" >&2; exit 3
  fi
  missing+=("$reference")
done
for reference in "\${missing[@]}"; do push_as /tmp/layout "$digest" "$reference"; done
echo "$digest"
`

/**
 * Writes the files of the artifact $4 to /out. If the registry has no such tag, the script ends with exit code 5, or, if $5 is
 * `optional`, with an empty /out. Any other answer of the registry is an error.
 */
export const pullScript = `${login}
mkdir -p /out
if [[ "$4" != *@* ]]; then
  digest=$(digest_of "$4")
  if [ -z "$digest" ] && [ "$5" = optional ]; then exit 0; fi
  if [ -z "$digest" ]; then echo "error: there is no $4" >&2; exit 5; fi
fi
crane export "\${flags[@]}" "$4" /tmp/files.tar
tar -xf /tmp/files.tar -C /out
`

/**
 * Writes the files of all artifacts of the repository $4 whose tag is $5, or begins with it and a dot, to /out, each in
 * a folder with the tag's name; those of all tags if $5 is empty. A repository that does not exist has no tags. Any
 * other answer of the registry is an error.
 */
export const pullTaggedScript = `${login}
mkdir -p /out
if ! crane ls "\${flags[@]}" "$4" > /tmp/tags 2> /tmp/listing; then
  if grep -qE 'NAME_UNKNOWN|404 Not Found' /tmp/listing; then exit 0; fi
  cat /tmp/listing >&2; exit "$(code_for /tmp/listing)"
fi
pull() {
  mkdir -p "/out/$2"
  crane export "\${flags[@]}" "$1:$2" "/tmp/$2.tar" && tar -xf "/tmp/$2.tar" -C "/out/$2" && rm "/tmp/$2.tar"
}
running=()
while IFS= read -r tag; do
  if [ -n "$5" ] && [ "$tag" != "$5" ] && [ "\${tag#"$5."}" = "$tag" ]; then continue; fi
  pull "$4" "$tag" & running+=($!)
  # Eight requests at once are enough to hide the registry's latency.
  if [ \${#running[@]} -ge 8 ]; then for one in "\${running[@]}"; do wait "$one"; done; running=(); fi
done < /tmp/tags
for one in "\${running[@]}"; do wait "$one"; done
`
