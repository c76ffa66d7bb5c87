// The scripts that pack, push and lint charts, passed to bash -c unchanged.

/**
 * Packs the folder `chart` into /out, with the version $1 and the application's version $2 where they are given, and prints the
 * file's name. helm writes the current time into its archive, so the archive is packed again without it.
 */
export const packageScript = `
set -eo pipefail
flags=()
if [ -n "$1" ]; then flags+=(--version "$1"); fi
if [ -n "$2" ]; then flags+=(--app-version "$2"); fi
mkdir -p /out /tmp/packed /tmp/files
helm package chart --destination /tmp/packed "\${flags[@]}" >&2
file=$(basename /tmp/packed/*.tgz)
tar -xzf "/tmp/packed/$file" -C /tmp/files
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \\
  -C /tmp/files -cf - "$(ls /tmp/files)" | gzip -n -9 > "/out/$file"
echo "$file"
`

/**
 * Pushes chart.tgz to the folder $3 of the registry $2 within $1 seconds, as the user $4 if there is one; the other arguments
 * are flags of helm. A chart whose version is there with the same bytes is not pushed again; with other bytes it is an
 * error with exit code 3. helm writes the file's time into the manifest, so the file always has the same time.
 */
export const pushScript = `
limit=$1 server=$2 address=$3 user=$4; shift 4
export HELM_REGISTRY_CONFIG=/run/helm/registry.json
cp chart.tgz /run/helm/chart.tgz
touch -d @0 /run/helm/chart.tgz
within() { timeout "$((limit > SECONDS ? limit - SECONDS : 1))" "$@"; }
late() { [ "$code" != 124 ] || echo "Error: the registry $server did not accept the chart within $limit s"; }
if [ -n "$user" ]; then
  within helm registry login "$server" --username "$user" --password-stdin "$@" < /run/password >&2 || exit 1
fi
field() { helm show chart /run/helm/chart.tgz | sed -n "s/^$1: *//p" | tr -d '\\042\\047'; }
name=$(field name) version=$(field version)
# Whether the registry has this chart; /run/helm/pull is what helm has said. Another chart of this version ends the script.
there() {
  rm -rf /run/helm/there; mkdir /run/helm/there
  within helm pull "oci://$address/$name" --version "$version" --destination /run/helm/there "$@" > /run/helm/pull 2>&1 || return
  if cmp -s /run/helm/there/*.tgz /run/helm/chart.tgz; then
    echo "Pushed: $address/$name:$version"; grep '^Digest: ' /run/helm/pull
    return
  fi
  echo "Error: $address/$name:$version is another chart already: give this one another version" \
    "(there sha256:$(sha256sum < /run/helm/there/*.tgz | cut -c1-64), here sha256:$(sha256sum < /run/helm/chart.tgz | cut -c1-64))"
  exit 3
}
there "$@" && exit
code=$?
if [ "$code" = 124 ] || ! grep -qiE 'not found|unknown' /run/helm/pull; then late; cat /run/helm/pull; exit "$code"; fi
within helm push /run/helm/chart.tgz "oci://$address" "$@" > /run/helm/push 2>&1
code=$?
# Another run may have pushed it meanwhile.
if [ "$code" != 0 ] && [ "$code" != 124 ]; then
  there "$@" && exit
  if ! grep -qE 'status code 40[13]' /run/helm/push &&
    within helm show chart "oci://$address/$name" "$@" 2>&1 | grep -q 'name unknown'; then
    echo "Error: $server has no repository \${address#*/}/$name, and a push does not create it: create it first," \
      "by Terraform (aws_ecr_repository) or by the function ensure of modules/ecr"
  fi
fi
late
cat /run/helm/push
exit "$code"
`

/**
 * Functions of bash: `available CHART` prints its Chart.yaml with those dependencies alone that are in its folder charts/, on the
 * same lines. `build_local CHART` packs each `file://` dependency of a chart into its folder charts/, after those that
 * the dependency has itself. It needs no network. Dependencies that are elsewhere, or not there, are not touched.
 */
export const dependencyFunctions = `
local_dependencies() {
  awk '
/^dependencies:/ { inside = 1; next }
/^[A-Za-z]/ { inside = 0 }
inside && match($0, /file:\\/\\/[^"\\047 \\t#]+/) { print substr($0, RSTART + 7, RLENGTH - 7) }
' "$1/Chart.yaml"
}
available() {
  awk -v present="$(ls "$1/charts" 2> /dev/null)" '
function has(item) {
  if (!match(item, /name: *["\\047]?[A-Za-z0-9._-]+/)) return 0
  name = substr(item, RSTART, RLENGTH); sub(/name: *["\\047]?/, "", name)
  return index("\\n" present "\\n", "\\n" name "\\n") || match("\\n" present, "\\n" name "-[0-9][^\\n]*[.]tgz")
}
function flush() { if (item != "" && !has(item)) gsub(/[^\\n]+/, "", item); printf "%s", item; item = "" }
/^dependencies:/ { inside = 1; print (/\\[/ ? "" : $0); next }
inside && /^[A-Za-z]/ { flush(); inside = 0 }
inside && /^ *- / { flush() }
inside { item = item $0 "\\n"; next }
{ print }
END { flush() }
' "$1/Chart.yaml"
}
build_local() {
  local path
  while IFS= read -r path; do
    [ -f "$1/$path/Chart.yaml" ] || continue
    build_local "$1/$path" || return
    mkdir -p "$1/charts" && helm package "$1/$path" --destination "$1/charts" > /dev/null || return
  done < <(local_dependencies "$1")
}
`

/**
 * Runs `helm lint --strict` for each line of $1, `chart<tab>files of values, separated by commas`, with the other arguments as
 * flags. The output of each run goes to /report under its number. If dependencies are missing in charts/, those with a
 * `file://` address are built, then all that can be fetched; if some are still missing, a copy of the chart without these is
 * linted. Exit code 1 if a run found something.
 */
export const lintScript = `${dependencyFunctions}
status=0
i=0
list=$1; shift
missing() { [ "$code" != 0 ] && grep -q 'missing these dependencies' "$report"; }
lint() { helm lint --strict "$@" > "$report" 2>&1; code=$?; }
while IFS=$'\\t' read -r chart values; do
  report=/report/lint-$i.txt
  flags=("$@")
  if [ -n "$values" ]; then flags+=("--values=$values"); fi
  lint "$chart" "\${flags[@]}"
  if missing && [ -n "$(local_dependencies "$chart")" ]; then
    if build_local "$chart" 2> /tmp/build; then lint "$chart" "\${flags[@]}"; else cat /tmp/build > "$report"; code=1; fi
  fi
  stale=
  if missing; then
    # Without a network this fails at once, or after a moment; the chart is as before then.
    if timeout 60 helm dependency build "$chart" > /tmp/build 2>&1; then lint "$chart" "\${flags[@]}"
    elif grep -q 'Chart.lock) is out of sync' /tmp/build; then stale=yes; fi
  fi
  if missing; then
    rm -rf /tmp/alone && mkdir /tmp/alone && cp -R "$chart" /tmp/alone/
    available "$chart" > /tmp/alone/Chart.yaml
    alone=/tmp/alone/$(basename "$(realpath "$chart")") && mv /tmp/alone/Chart.yaml "$alone/" && rm -f "$alone/Chart.lock"
    lint "$alone" "\${flags[@]}"
    echo "without its dependencies, which are not in charts/" >> "$report"
    if [ -n "$stale" ]; then
      echo "[ERROR] Chart.lock: is out of sync with Chart.yaml: run \\\`helm dependency update\\\` and commit it" >> "$report"
      code=1
    fi
  fi
  if [ "$code" != 0 ]; then status=1; fi
  echo "$chart $values"; cat "$report"
  i=$((i + 1))
done <<< "$list"
exit $status
`
