// How a deploy is watched, in bash: one look at the cluster every two seconds.

const containers = (list: string): string =>
  `{{range $s.${list}}}` +
  "Container\t{{$m.name}}\t{{$m.uid}}\t{{.name}}\t{{.restartCount}}\t{{.ready}}\t{{with .state.waiting}}{{.reason}}{{end}}\t" +
  "{{with .state.terminated}}{{.exitCode}}{{else}}" +
  "{{with .lastState}}{{with .terminated}}{{.exitCode}}{{end}}{{end}}{{end}}\t" +
  '{{with .state.waiting}}{{with .message}}{{printf "%q" .}}{{end}}{{end}}\n{{end}}'

/** One line for each object, with the columns that the rules below number, and one for each container. */
const template =
  "{{range .items}}{{$m := .metadata}}{{$s := .status}}" +
  '{{$release := ""}}{{$hook := ""}}{{$number := ""}}{{$owner := ""}}{{$hash := ""}}' +
  '{{with $m.annotations}}{{with index . "meta.helm.sh/release-name"}}{{$release = .}}{{end}}' +
  '{{with index . "helm.sh/hook"}}{{$hook = .}}{{end}}' +
  '{{with index . "deployment.kubernetes.io/revision"}}{{$number = .}}{{end}}' +
  '{{with index . "deprecated.daemonset.template.generation"}}{{$number = .}}{{end}}{{end}}' +
  '{{with $m.labels}}{{with index . "controller-revision-hash"}}{{$hash = .}}{{end}}' +
  '{{with index . "pod-template-generation"}}{{$number = .}}{{end}}{{end}}' +
  "{{range $m.ownerReferences}}{{if .controller}}{{$owner = .uid}}{{end}}{{end}}" +
  "{{.kind}}\t{{$m.name}}\t{{$m.uid}}\t{{$release}}\t{{$hook}}\t{{$owner}}\t{{$number}}\t{{$hash}}\t" +
  "{{$m.generation}}\t{{$s.observedGeneration}}\t" +
  "{{.spec.replicas}}\t{{$s.replicas}}\t{{$s.updatedReplicas}}\t{{$s.readyReplicas}}\t{{$s.availableReplicas}}\t" +
  "{{$s.updateRevision}}\t" +
  "{{$s.desiredNumberScheduled}}\t{{$s.updatedNumberScheduled}}\t{{$s.numberReady}}\t" +
  "{{with $m.deletionTimestamp}}{{.}}{{end}}\t" +
  '{{range $s.conditions}}{{if and (eq .type "PodScheduled") (eq .status "False")}}' +
  '{{with .message}}{{printf "%q" .}}{{end}}{{end}}{{end}}\n' +
  `{{if eq .kind "Pod"}}${containers("initContainerStatuses")}${containers("containerStatuses")}{{end}}{{end}}`

/**
 * What the lines above mean for a release, as a program of awk. The first file is the state before helm began. `applied` says
 * whether helm has applied everything: until then, a pod that existed before says nothing about the new revision. Only pods of
 * a workload's newest revision count. It prints lines with tabs between the fields:
 *
 * - `ready <workload> <ready replicas>` and `waiting <workload> <progress>`
 * - `bad <pod> <container> <reason> <exit code> <message>`, and the same as `ended` for a failed container of a job
 * - `slow <pod> <container> <reason> <message>`
 */
export const rules = `
function rolled(all, done, wanted, what) {
  if ($10 + 0 >= $9 + 0 && all) print "ready\t" what "\t" done
  else print "waiting\t" what "\t" done + 0 " of " wanted + 0 " ready"
}
FILENAME == ARGV[1] { if ($1 == "Container") before[$3, $4] = $5; else old[$3] = 1; next }
$1 == "Deployment" && $4 == release {
  if ($10 + 0 >= $9 + 0) own[$3] = 1
  all = $13 + 0 >= $11 + 0 && $12 + 0 <= $13 + 0 && $15 + 0 >= $11 + 0
  rolled(all, $14 + 0 < $13 + 0 ? $14 : $13, $11, "deployment " $2)
}
$1 == "StatefulSet" && $4 == release {
  if ($10 + 0 >= $9 + 0) hash[$3] = $16
  rolled($13 + 0 >= $11 + 0 && $14 + 0 >= $11 + 0, $14, $11, "statefulset " $2)
}
$1 == "DaemonSet" && $4 == release {
  if ($10 + 0 >= $9 + 0) number[$3] = $7
  rolled($18 + 0 >= $17 + 0 && $19 + 0 >= $17 + 0, $19, $17, "daemonset " $2)
}
$1 == "Job" && ($5 == "" ? $4 == release : !($3 in old)) { job[$3] = 1 }
$1 == "ReplicaSet" && ($6 in own) { set[$3] = $6; revision[$3] = $7 + 0; if ($7 + 0 > newest[$6]) newest[$6] = $7 + 0 }
$1 == "Pod" {
  if ($6 in set) current = revision[$6] == newest[set[$6]]
  else if ($6 in hash) current = $8 == hash[$6]
  else if ($6 in number) current = $7 == number[$6]
  else current = $6 in job
  current = current && $20 == "" && (applied || !($3 in old))
  once = current && ($6 in job)
  if (current && $21 != "") print "slow\t" $2 "\t\tcannot be placed\t" $21
}
$1 == "Container" && current {
  restarts = $5 - before[$3, $4]
  image = $7 ~ /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull)$/
  if (image || $7 ~ /^(CrashLoopBackOff|CreateContainerConfigError|CreateContainerError)$/) \\
    print "bad\t" $2 "\t" $4 "\t" $7 "\t" $8 "\t" $9
  else if (restarts >= 2) print "bad\t" $2 "\t" $4 "\trestarted " restarts " times\t" $8 "\t"
  else if (once && $8 + 0 != 0) print "ended\t" $2 "\t" $4 "\tended\t" $8 "\t"
  else if ($6 != "true") print "slow\t" $2 "\t" $4 "\t" ($7 == "" ? "is not ready" : $7) "\t" $9
}
`

export const watch = `
snapshot() { k get deployments,statefulsets,daemonsets,jobs,replicasets,pods -o go-template='${template}'; }
assess() { awk -F '\t' -v release="$RELEASE" -v applied="$1" '${rules}' /tmp/before /tmp/now; }

# The last line of a container's log.
last_words() {
k logs "$1" --container "$2" --tail=50 "\${@:3}" 2> /dev/null |
  grep -v -e '^[[:space:]]*$' -e '^unable to retrieve container logs' | tail -n 1
}

# Why a container fails, in one line: its pod, what Kubernetes says, and the last line of its log.
culprit() {
local pod=$1 container=$2 reason=$3 code=$4 message said="" tries
message=$(sed -E 's/^"(rpc error: code = [A-Za-z]+ desc = )?//; s/"$//; s/\\\\"/"/g' <<< "$5")
case "$reason" in
CrashLoopBackOff | restarted* | ended)
  # When the container restarts, the log of the run before is not available for a moment.
  for tries in 1 2 3 4 5; do
    said=$(last_words "$pod" "$container" --previous)
    [ -n "$said" ] || [[ "$reason" == restarted* ]] || said=$(last_words "$pod" "$container")
    [ -z "$said" ] || break
    sleep 1
  done
  [ -n "$said" ] || said=$(last_words "$pod" "$container")
  message="\${code:+exit code $code}\${said:+: $said}" ;;
esac
echo "pod $pod, container $container: $reason\${message:+: $message}"
}

# Why the release is not ready in time: the workload, the pod that is not ready, and the last warning about it.
late() {
local warning="" name
name=$(awk -F '\t' '$1 == "waiting" { sub(/^[a-z]* /, "", $2); print $2; exit }' /tmp/verdict)
if [ -z "$name" ]; then echo "helm is at work: $(tail -n 1 /report/helm.txt)"; return; fi
warning=$(k get events --field-selector type=Warning --sort-by=.metadata.creationTimestamp \\
  -o go-template='{{range .items}}{{.involvedObject.name}}: {{.reason}}: {{.message}}{{"\\n"}}{{end}}' \\
  2> /dev/null | grep "^$name" | tail -n 1)
awk -F '\t' '
$1 == "waiting" && !w { w = $2 " has " $3 }
$1 == "slow" && !s { s = ": pod " $2 ($3 == "" ? "" : ", container " $3) ": " $4 ($5 == "" ? "" : ": " $5) }
END { printf "%s%s", w, s }
' /tmp/verdict
echo "\${warning:+ ($warning)}"
}

# Ends helm. On SIGTERM an upgrade marks its revision as failed; helm is killed when it does not end within 10 seconds.
stop() {
local tries
kill -TERM "$helm" 2> /dev/null
for tries in {1..50}; do kill -0 "$helm" 2> /dev/null || break; sleep 0.2; done
kill -KILL "$helm" 2> /dev/null
wait "$helm" 2> /dev/null
}

# The lines of helm's error, without its debugging output.
helm_error() { awk '/^Error: / { said = 1; sub(/^Error: /, "") } /\\[debug\\]|^[a-z]+\\.go:/ { said = 0 } said'; }

# The workloads that are ready, in one line.
ready_line() {
awk -F '\t' '
$1 == "ready" { printf "%s%s, %s ready", sep, $2, $3 + 0; sep = "; " }
END { if (!sep) print "no workload" }
' /tmp/verdict
}

# Runs helm ("$@" after the kind of work $1 and the limit $2) and checks the cluster every two seconds, until everything is
# ready or something fails; then ends the script.
watched() {
local work=$1 limit=$2 why="" code="" ending=1 applied="" fresh began=$SECONDS key
local -a line
local -A since seen
shift 2
snapshot > /tmp/before || end 1 "the namespace $NAMESPACE cannot be read"
cp /tmp/before /tmp/now
> /report/helm.txt
records || unread
claim $((\${revision:-0} + 1)) || end 6 "$lost_lock"
started=\${revision:-0}
"$@" > /dev/null 2>> /report/helm.txt &
helm=$!
echo "$helm" > /tmp/helm
while [ -z "$why" ]; do
  if lost; then why=$lost_lock; break; fi
  if [ -z "$code" ] && ! kill -0 "$helm" 2> /dev/null; then wait "$helm"; code=$?; fi
  if [ "$code" = 0 ] || grep -q 'beginning wait for' /report/helm.txt; then applied=1; fi
  if snapshot > /tmp/next 2> /dev/null; then mv /tmp/next /tmp/now; fresh=1; else fresh=; fi
  assess "$applied" > /tmp/verdict
  seen=()
  while IFS=$'\x1f' read -r -a line; do
    # A pull that failed once, or a Secret that is created a moment later, is no failure yet.
    key="\${line[1]}/\${line[2]}"
    seen[$key]=\${since[$key]:-$SECONDS}
    if [ $((SECONDS - seen[$key])) -ge 3 ] || [[ "\${line[3]}" == restarted* ]]; then
      why=$(culprit "\${line[@]:1}")
      break 2
    fi
  done < <(grep '^bad' /tmp/verdict | tr '\t' '\x1f')
  since=()
  for key in "\${!seen[@]}"; do since[$key]=\${seen[$key]}; done
  if lost; then continue
  elif [ -n "$code" ] && [ "$code" != 0 ]; then
    why=$(helm_error < /report/helm.txt | tr -s '\n\t ' ' ' | sed 's/ $//')
    why=\${why:-helm ended with $code: $(tail -n 1 /report/helm.txt)}
    IFS=$'\x1f' read -r -a line < <(grep '^ended' /tmp/verdict | tr '\t' '\x1f')
    case "$why" in
    *"deadline exceeded"* | *"timed out"*) ending=124 why="not ready after $((SECONDS - began)) s: $(late)" ;;
    *) if [ -n "\${line[1]}" ]; then why="$why: $(culprit "\${line[@]:1}")"; fi ;;
    esac
  elif [ "$code" = 0 ] && [ -n "$fresh" ] && ! grep -q '^waiting' /tmp/verdict; then break
  elif [ $((SECONDS - began)) -gt "$limit" ]; then ending=124 why="not ready after $limit s: $(late)"
  else sleep 2
  fi
done
if [ -z "$why" ]; then
  rm -f /tmp/helm
  evidence "$NAMESPACE" /report
  records
  end 0 "revision $revision: $(ready_line)"
fi
if ! lost; then evidence "$NAMESPACE" /report; fi
if [ -z "$code" ] && ! lost; then stop; fi
# Without the lock, what runs may be somebody else's: helm is killed first, and nothing is written.
if lost; then
  kill -KILL "$helm" 2> /dev/null
  wait "$helm" 2> /dev/null
  [ -e /report/pods.txt ] || evidence "$NAMESPACE" /report
  end 6 "$lost_lock"
fi
rm -f /tmp/helm
records || end "$ending" "$why"
if [ "$work $status" = "rollback pending-rollback" ] && [ -n "$code" ] && claim $((revision + 1)) &&
  fenced timeout 90 "$@" --no-hooks --wait=false > /tmp/finish 2>&1
then
  why="$why; went back without hooks"
elif [[ "$status" == pending-* ]] && ! lost; then mark_failed
fi
end "$ending" "$why"
}
`
