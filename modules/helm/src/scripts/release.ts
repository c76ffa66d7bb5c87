// The scripts that work on a release, passed to bash -c unchanged. RELEASE, NAMESPACE and KUBECONFIG are in the environment.
import { common } from "./common"
import { lock } from "./lock"
import { recover } from "./recover"
import { watch } from "./watch"

const base = `${common}${lock}${recover}
trap unlock EXIT
trap '[ -z "$helm" ] || stop; exit 124' TERM
${watch}`

/**
 * Deploys chart.tgz: $1 seconds for the cluster to answer, $2 seconds until everything is ready, $3 the lock's holder; the other
 * arguments are flags of helm.
 */
export const deployScript = `${base}
wait_for=$1 limit=$2 holder=$3; shift 3
reach "$wait_for"
if ! kubectl get namespace "$NAMESPACE" > /dev/null 2>&1; then
  made=$(kubectl create namespace "$NAMESPACE" 2>&1) || case "$made" in *AlreadyExists*) ;; *) end 1 "$made" ;; esac
fi
until k get serviceaccount default > /dev/null 2>&1 || [ "$((tries += 1))" -gt 60 ]; do sleep 0.5; done
lock "$holder"
recover
if [ -n "$SECRET" ]; then
  files=()
  for file in /run/secrets/deploy/*; do files+=("--from-file=$file"); done
  apply_secret() {
    k create secret generic "$SECRET" "\${files[@]}" --dry-run=client -o yaml |
      k apply --server-side --force-conflicts --filename - > /dev/null
  }
  why=$(apply_secret 2>&1) || end 1 "the secret $SECRET cannot be created: $(tail -n 1 <<< "$why")"
fi
watched upgrade "$limit" helm upgrade --install "$RELEASE" chart.tgz --namespace "$NAMESPACE" \\
  --reset-values --history-max 10 --wait --timeout "$limit"s --debug "$@"
`

/**
 * Rolls back: $1 seconds for the cluster to answer, $2 seconds until everything is ready, $3 the lock's holder, $4 the revision
 * to return to (0: the last successful one before the current), $5 the revision that has to be the last one (0: any).
 */
export const rollbackScript = `${base}
wait_for=$1 limit=$2 holder=$3 target=$4 from=$5
reach "$wait_for"
records || unread
[ -n "$revision" ] || end 1 "there is no release $RELEASE in the namespace $NAMESPACE"
lock "$holder"
records || unread
not_others
[ "$from" = 0 ] || [ "$from" = "$revision" ] ||
  end 6 "$RELEASE is at revision $revision now, not at $from: another deployment came after it, so nothing is rolled back"
evidence "$NAMESPACE" /report/before
# The revision whose content the revision $1 has: a rollback's is that of its target.
origin() {
local to
to=$(grep -o "\\"revision\\":$1,[^}]*\\"description\\":\\"Rollback to [0-9]*\\"" /tmp/history | grep -o '[0-9]*"$' | tr -d '"')
if [ -n "$to" ] && [ "$to" -lt "$1" ]; then origin "$to"; else echo "$1"; fi
}
if [ "$target" = 0 ]; then
  helm history "$RELEASE" --namespace "$NAMESPACE" --max 256 --output json > /tmp/history 2> /tmp/unread || unread
  current=$(origin "$revision")
  good='$1 < now && ($2 == "deployed" || $2 == "superseded") { last = $1 } END { print last }'
  target=$(awk -v now="$current" "$good" /tmp/records)
  [ -n "$target" ] || end 1 "there is no successful revision before $current to roll back to"
fi
listed() { awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 }' /tmp/records; }
grep -q "^$target " /tmp/records || end 1 "revision $target is not in the history of $RELEASE: it has $(listed)"
say "$RELEASE goes from revision $revision ($status) back to $target"
watched rollback "$limit" helm rollback "$RELEASE" "$target" --namespace "$NAMESPACE" \\
  --history-max 10 --wait --timeout "$limit"s --debug
`

/** Uninstalls: $1 seconds for the cluster to answer, $2 seconds until everything is gone, $3 the lock's holder. */
export const uninstallScript = `${base}
wait_for=$1 limit=$2 holder=$3
reach "$wait_for"
records || unread
[ -n "$revision" ] || end 0 "there is no release $RELEASE in the namespace $NAMESPACE"
was=$revision
lock "$holder"
records || unread
not_others
evidence "$NAMESPACE" /report
claim "$revision" || end 6 "$lost_lock"
fenced helm uninstall "$RELEASE" --namespace "$NAMESPACE" --wait --timeout "$limit"s > /report/helm.txt 2>&1 || {
  ! lost || end 6 "$lost_lock"
  end 1 "$(grep -m 1 '^Error' /report/helm.txt || tail -n 1 /report/helm.txt)"
}
k delete lease "$lease" > /dev/null 2>&1
end 0 "revision $was is removed"
`

/**
 * Prints the history as JSON, when the cluster answers within $1 seconds; then for each revision a line with its number and
 * its labels, `<revision> <name>=<value> …`.
 */
export const historyScript = `${base}
reach "$1" >&2
labels='{{range .items}}{{.metadata.labels.version}}{{range $name, $value := .metadata.labels}} {{$name}}={{$value}}{{end}}'
labels+='{{"\\n"}}{{end}}'
if helm history "$RELEASE" --namespace "$NAMESPACE" --max 256 --output json > /tmp/history 2> /tmp/why &&
  k get secrets --selector "owner=helm,name=$RELEASE" -o go-template="$labels" > /tmp/labels 2> /tmp/why
then
  head -n 1 /tmp/history
  cat /tmp/labels
  exit
fi
if grep -q 'release: not found' /tmp/why; then echo '[]'; exit; fi
cat /tmp/why >&2
exit 1
`
