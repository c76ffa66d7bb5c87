import { evidence } from "./shared/evidence"
import { watch } from "./watch"

// What runs inside the container, given to bash -c as it stands. RELEASE, NAMESPACE and KUBECONFIG are in its environment.

/** Packs the folder `chart` into /out, with the version $1 and the app's version $2 where they are given, and prints the file's name. helm writes the time of day into its archive: it is packed again without. */
export const packageScript = `
set -eo pipefail
flags=()
if [ -n "$1" ]; then flags+=(--version "$1"); fi
if [ -n "$2" ]; then flags+=(--app-version "$2"); fi
mkdir -p /out /tmp/packed /tmp/files
helm package chart --destination /tmp/packed "\${flags[@]}" >&2
file=$(basename /tmp/packed/*.tgz)
tar -xzf "/tmp/packed/$file" -C /tmp/files
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -C /tmp/files -cf - "$(ls /tmp/files)" | gzip -n -9 > "/out/$file"
echo "$file"
`

/** Pushes chart.tgz to the folder $3 of the registry $2 within $1 seconds, as the user $4 if there is one; the rest are helm's flags. helm writes the file's own time into the manifest: it is always the same. */
export const pushScript = `
limit=$1 server=$2 address=$3 user=$4; shift 4
export HELM_REGISTRY_CONFIG=/run/helm/registry.json
cp chart.tgz /run/helm/chart.tgz
touch -d @0 /run/helm/chart.tgz
if [ -n "$user" ]; then timeout "$limit" helm registry login "$server" --username "$user" --password-stdin "$@" < /run/password >&2 || exit 1; fi
timeout "$limit" helm push /run/helm/chart.tgz "oci://$address" "$@" 2>&1
code=$?
[ "$code" = 124 ] && echo "Error: the registry $server did not take the chart within $limit s"
exit "$code"
`

/** What every script that works on a release begins with. */
const common = `${evidence}
mkdir -p /report
k() { timeout 30 kubectl --namespace "$NAMESPACE" --request-timeout=10s "$@"; }
say() { echo "$*" | redact; }

# Passes text on without what the secrets hold: whole, line by line, and as base64 or in an address. What an object is called by is no secret.
redact() {
if [ -z "$(ls /run/secrets/deploy 2> /dev/null)" ]; then cat; return; fi
perl -0777 -pe '
BEGIN {
  my $read = sub { open my $in, "<", $_[0] or return ""; local $/; scalar <$in> // "" };
  my $names = $read->("/tmp/names");
  for my $file (glob "/run/secrets/deploy/*") {
    my $value = $read->($file);
    (my $address = $value) =~ s/([^A-Za-z0-9_.~-])/sprintf "%%%02X", ord $1/ge;
    my $base64 = qx(base64 -w 0 $file);
    push @hidden, $value, $address, $base64, $base64 =~ s/=+$//r, split /\\r?\\n/, $value;
  }
  @hidden = sort { length $b <=> length $a } grep { length >= 4 && index($names, $_) < 0 } @hidden;
}
for my $hidden (@hidden) { s/\\Q$hidden\\E/***/g }
'
}

# Ends with the code $1 and the reason $2, which every result has.
end() {
local code=$1 reason
cat /tmp/before /tmp/now 2> /dev/null | cut -f 2,4 > /tmp/names
echo "$RELEASE $NAMESPACE" >> /tmp/names
reason=$(say "$2" | tr -s '\\n' ' ')
[ "$code" = 7 ] || records
{ echo "reason=$reason"; echo "revision=$revision"; } > /report/outcome
[ -n "$locked" ] && helm history "$RELEASE" --namespace "$NAMESPACE" --output json > /report/history.json 2> /dev/null
if [ -n "$(ls /run/secrets/deploy 2> /dev/null)" ]; then
  find /report -type f ! -name output.txt | while read -r file; do redact < "$file" > /tmp/redacted && cp /tmp/redacted "$file"; done
fi
echo "$reason"
exit "$code"
}

# Waits for at most $1 seconds until the cluster answers.
reach() {
local why end=$((SECONDS + $1))
until why=$(k get --raw /readyz 2>&1); do
  [ "$SECONDS" -lt "$end" ] || end 7 "the cluster does not answer: $(tail -n 1 <<< "$why") (tried for $1 s)"
  sleep 0.5
done
}

# The revisions that helm knows, oldest first, as /tmp/records; of the last one revision, status and record, and the one that is deployed.
records() {
revision= status= record= made= deployed=
k get secrets --selector "owner=helm,name=$RELEASE" -o go-template='{{range .items}}{{.metadata.labels.version}} {{.metadata.labels.status}} {{.metadata.name}} {{.metadata.creationTimestamp}}{{"\\n"}}{{end}}' 2> /dev/null | sort -n > /tmp/records
read -r revision status record made < <(tail -n 1 /tmp/records)
deployed=$(awk '$2 == "deployed" { last = $1 } END { print last }' /tmp/records)
}

# The lock is a Lease. Who holds it renews it every 2 seconds; who wants it looks whether it is renewed, and so need not trust the other's clock.
lease=helm-$RELEASE
identity= locked= left= helm=
lock() {
identity="$(tr -cd 'A-Za-z0-9 ._:/@#+-' <<< "\${1:-someone}") $(tr -dc a-z0-9 < /dev/urandom | head -c 8)"
local version seen="" since holder
while true; do
  if lease "" | k create -f - > /tmp/lease 2>&1; then break; fi
  grep -q AlreadyExists /tmp/lease || end 1 "the lock $lease cannot be made: $(tail -n 1 /tmp/lease)"
  read -r version holder < <(k get lease "$lease" -o go-template='{{.metadata.resourceVersion}} {{.spec.holderIdentity}}')
  if [ -n "$version" ] && { [ -z "$holder" ] || { [ "$version" = "$seen" ] && [ $((SECONDS - since)) -ge 15 ]; }; }; then
    if lease "$version" | k replace -f - > /tmp/lease 2>&1; then left=$holder; break; fi
    grep -q 'has been modified' /tmp/lease || end 1 "the lock $lease cannot be taken: $(tail -n 1 /tmp/lease)"
    seen=
  elif [ -n "$version" ] && [ -n "$seen" ] && [ "$version" != "$seen" ]; then
    end 6 "the release $RELEASE is being worked on by \${holder% *}, which has renewed its lock just now: try again when it has ended"
  elif [ -n "$version" ] && [ -z "$seen" ]; then
    seen=$version since=$SECONDS
    echo "the lock of $RELEASE is \${holder% *}'s: looking whether it is renewed"
  fi
  sleep 1
done
locked=yes
[ -n "$left" ] && say "took over the lock of \${left% *}, which has not been renewed for 15 s"
touch /tmp/beat
beat & beating=$!
}
lease() {
local now; now=$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)
cat << end
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: $lease, resourceVersion: "$1"}
spec: {holderIdentity: "$identity", leaseDurationSeconds: 15, acquireTime: "$now", renewTime: "$now"}
end
}
mine() { k patch lease "$lease" --type=json --patch "[{\\"op\\":\\"test\\",\\"path\\":\\"/spec/holderIdentity\\",\\"value\\":\\"$identity\\"},{\\"op\\":\\"replace\\",\\"path\\":\\"/spec/$1\\",\\"value\\":\\"$2\\"}]" > /dev/null 2>&1; }
beat() { while sleep 2 && kill -0 $$ 2> /dev/null; do mine renewTime "$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)" && touch /tmp/beat; done; }
held() { [ $(($(date +%s) - $(stat -c %Y /tmp/beat))) -lt 12 ]; }
unlock() { if [ -n "$locked" ]; then locked=; kill "$beating" 2> /dev/null; wait "$beating" 2> /dev/null; mine holderIdentity "" || true; fi; }

# Writes into helm's record of the last revision that it has failed: what helm itself would have written, had it not been killed.
mark_failed() {
k get secret "$record" -o go-template='{{.data.release}}' | base64 -d | base64 -d | gzip -d | sed 's/"status":"pending-[a-z]*"/"status":"failed"/' | gzip -n | base64 -w 0 | base64 -w 0 > /tmp/release
[ -s /tmp/release ] || return 1
printf '{"metadata":{"labels":{"status":"failed"}},"data":{"release":"%s"}}' "$(cat /tmp/release)" > /tmp/patch
k patch secret "$record" --type=merge --patch-file /tmp/patch > /dev/null
}

# Mends what a deploy that was killed has left. Only the holder of the lock does: whoever had it before is gone. A release that is pending although nobody here ever had its
# lock may be another's work, and is left alone for ten minutes.
recover() {
local was before
records
case "$status" in pending-install | pending-upgrade | pending-rollback | uninstalling) ;; *) return ;; esac
if [ -z "$before_lock" ] && [ $(($(date +%s) - $(date -d "$made" +%s))) -lt 600 ]; then
  end 6 "the release $RELEASE is $status (revision $revision), and no lock says whose work that is: mended when it has been so for 10 minutes"
fi
was="$status at revision $revision" before=$deployed
evidence "$NAMESPACE" /report/before
case "$status" in
pending-install) mark_failed; say "recovered: $RELEASE was $was; marked as failed" ;;
uninstalling) helm uninstall "$RELEASE" --namespace "$NAMESPACE" --no-hooks --timeout 60s > /tmp/recover 2>&1; say "recovered: $RELEASE was $was; uninstalled to its end" ;;
*)
  if [ -n "$before" ] && timeout 90 helm rollback "$RELEASE" "$before" --namespace "$NAMESPACE" --no-hooks --timeout 60s > /tmp/recover 2>&1; then
    say "recovered: $RELEASE was $was; went back to revision $before"
  else
    records
    case "$status" in pending-*) mark_failed ;; esac
    say "recovered: $RELEASE was $was; marked as failed"
  fi ;;
esac
records
case "$status" in pending-* | uninstalling) end 1 "the release $RELEASE is $status (revision $revision) and cannot be mended: $(tail -n 1 /tmp/recover)" ;; esac
}

# Whether the lock has been there before: then what is pending is the work of a deploy like this one.
known() { before_lock=$(k get lease "$lease" --ignore-not-found -o name 2> /dev/null); }
before_lock=
trap unlock EXIT
trap '[ -z "$helm" ] || stop; exit 124' TERM
${watch}`

/** Deploys chart.tgz: $1 seconds for the cluster to answer, $2 until all is ready, $3 the holder, the rest are helm's flags. */
export const deployScript = `${common}
wait_for=$1 limit=$2 holder=$3; shift 3
reach "$wait_for"
if ! kubectl get namespace "$NAMESPACE" > /dev/null 2>&1; then
  made=$(kubectl create namespace "$NAMESPACE" 2>&1) || case "$made" in *AlreadyExists*) ;; *) end 1 "$made" ;; esac
fi
until k get serviceaccount default > /dev/null 2>&1 || [ "$((tries += 1))" -gt 60 ]; do sleep 0.5; done
known
lock "$holder"
recover
if [ -n "$SECRET" ]; then
  files=()
  for file in /run/secrets/deploy/*; do files+=("--from-file=$file"); done
  why=$(set -o pipefail; { k create secret generic "$SECRET" "\${files[@]}" --dry-run=client -o yaml | k apply --server-side --force-conflicts --filename - > /dev/null; } 2>&1) || end 1 "the secret $SECRET cannot be made: $(tail -n 1 <<< "$why")"
fi
watched upgrade "$limit" helm upgrade --install "$RELEASE" chart.tgz --namespace "$NAMESPACE" --reset-values --history-max 10 --wait --timeout "$limit"s --debug "$@"
`

/** Rolls back: $1 seconds for the cluster to answer, $2 until all is ready, $3 the holder, $4 the revision (0: the one before). */
export const rollbackScript = `${common}
wait_for=$1 limit=$2 holder=$3 target=$4
reach "$wait_for"
records
[ -n "$revision" ] || end 1 "there is no release $RELEASE in the namespace $NAMESPACE"
lock "$holder"
evidence "$NAMESPACE" /report/before
records
if [ "$target" = 0 ]; then
  target=$(awk -v now="$revision" '$1 < now && ($2 == "deployed" || $2 == "superseded") { last = $1 } END { print last }' /tmp/records)
  [ -n "$target" ] || end 1 "there is no revision before $revision that was deployed well: nothing to roll back to"
fi
grep -q "^$target " /tmp/records || end 1 "revision $target is not in the history of $RELEASE: it has $(awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 }' /tmp/records)"
say "$RELEASE goes from revision $revision ($status) back to $target"
watched rollback "$limit" helm rollback "$RELEASE" "$target" --namespace "$NAMESPACE" --history-max 10 --wait --timeout "$limit"s --debug
`

/** Uninstalls: $1 seconds for the cluster to answer, $2 until all is gone, $3 the holder. */
export const uninstallScript = `${common}
wait_for=$1 limit=$2 holder=$3
reach "$wait_for"
records
[ -n "$revision" ] || end 0 "there is no release $RELEASE in the namespace $NAMESPACE"
was=$revision
lock "$holder"
evidence "$NAMESPACE" /report
helm uninstall "$RELEASE" --namespace "$NAMESPACE" --wait --timeout "$limit"s > /report/helm.txt 2>&1 || end 1 "$(grep -m 1 '^Error' /report/helm.txt || tail -n 1 /report/helm.txt)"
k delete lease "$lease" > /dev/null 2>&1
end 0 "revision $was is removed"
`

/** The history as JSON, when the cluster answers within $1 seconds. */
export const historyScript = `${common}
reach "$1" >&2
if helm history "$RELEASE" --namespace "$NAMESPACE" --max 256 --output json 2> /tmp/why; then exit; fi
if grep -q 'release: not found' /tmp/why; then echo '[]'; exit; fi
cat /tmp/why >&2
exit 1
`

/** `helm lint --strict` of each line of $1, `chart<tab>files of values, by commas`; each one's output is in /report under its number. A chart whose dependencies are not in its folder
 * charts/ is checked as a copy that names none: its own templates and values. Exit code 1 if any of them found something. */
export const lintScript = `
status=0
i=0
while IFS=$'\\t' read -r chart values; do
  report=/report/lint-$i.txt
  if [ -n "$values" ]; then values=--values=$values; fi
  helm lint --strict "$chart" $values > "$report" 2>&1
  code=$?
  if [ "$code" != 0 ] && grep -q 'missing these dependencies' "$report"; then
    rm -rf /tmp/alone && mkdir /tmp/alone && cp -R "$chart" /tmp/alone/
    awk '/^dependencies:/ { without = 1; print ""; next } /^[A-Za-z]/ { without = 0 } { print without ? "" : $0 }' "$chart/Chart.yaml" > /tmp/alone/Chart.yaml
    alone=/tmp/alone/$(basename "$chart") && mv /tmp/alone/Chart.yaml "$alone/" && rm -f "$alone/Chart.lock"
    helm lint --strict "$alone" $values > "$report" 2>&1
    code=$?
    echo "without its dependencies, which are not in charts/" >> "$report"
  fi
  if [ "$code" != 0 ]; then status=1; fi
  echo "$chart $values"; cat "$report"
  i=$((i + 1))
done <<< "$1"
exit $status
`
