// What every script that works on a release begins with: talking to the cluster, hiding secrets, ending with an outcome.
// RELEASE, NAMESPACE and KUBECONFIG are in the environment; the files of /run/secrets/deploy are secrets.
import { evidence } from "../shared/evidence"

export const common = `${evidence}
# A pipe has failed when any part of it has.
set -o pipefail
mkdir -p /report
k() { timeout 30 kubectl --namespace "$NAMESPACE" --request-timeout=10s "$@"; }
say() { echo "$*" | redact; }

# Copies text and replaces secrets: their whole value, each of their lines, and both as base64 or URL-encoded. Names of
# objects are not replaced.
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

# Ends the script with the code $1 and the reason $2, and writes both for the result, with the revision that this run has
# created: 0 for none, \`unknown\` if the cluster cannot say it. \`started\` is the last revision when helm began.
started= created=0
end() {
local code=$1 reason
cat /tmp/before /tmp/now 2> /dev/null | cut -f 2,4 > /tmp/names
echo "$RELEASE $NAMESPACE" >> /tmp/names
reason=$(say "$2" | tr -s '\\n' ' ')
if [ -z "$started" ]; then [ "$code" = 7 ] || records
elif lost || ! records; then revision= created=unknown
elif [ "\${revision:-0}" -gt "$started" ]; then created=$revision
else claim "$started"
fi
{ echo "reason=$reason"; echo "revision=$revision"; echo "created=$created"; } > /report/outcome
[ -n "$locked" ] && helm history "$RELEASE" --namespace "$NAMESPACE" --output json > /report/history.json 2> /dev/null
if [ -n "$(ls /run/secrets/deploy 2> /dev/null)" ]; then
  find /report -type f ! -name output.txt | while read -r file; do
    redact < "$file" > /tmp/redacted && cp /tmp/redacted "$file"
  done
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

# Writes the revisions that helm knows, oldest first, to /tmp/records. Sets revision, status, record and creation time of the
# last one, and the revision that is deployed. If they cannot be read, it fails, and all of these stay as they were.
records() {
local fields='{{.metadata.labels.version}} {{.metadata.labels.status}} {{.metadata.name}} {{.metadata.creationTimestamp}}'
k get secrets --selector "owner=helm,name=$RELEASE" -o go-template="{{range .items}}$fields{{\\"\\\\n\\"}}{{end}}" \\
  2> /tmp/unread | sort -n > /tmp/reading || return 1
mv /tmp/reading /tmp/records
revision= status= record= made= deployed=
read -r revision status record made < <(tail -n 1 /tmp/records)
deployed=$(awk '$2 == "deployed" { last = $1 } END { print last }' /tmp/records)
}
unread() { end 7 "the revisions of $RELEASE cannot be read: $(tail -n 1 /tmp/unread)"; }
revision= status= record= made= deployed=
`
