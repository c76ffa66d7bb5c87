// Shell that saves what a namespace of a cluster holds, for the reports of a failed deployment.

/**
 * A function of bash: `evidence NAMESPACE FOLDER` writes what a namespace holds into a folder: `pods.txt`,
 * `workloads.txt`, `events.txt` (oldest first), `describe.txt`, and for each container `logs/<pod>/<container>.log`, with
 * `.previous.log` beside it when it was restarted. A file that could not be read says why. Each file takes at most 20
 * seconds, and a log is cut to its last 5000 lines.
 */
export const evidence = `
evidence() {
local namespace=$1 folder=$2 k="timeout 20 kubectl --namespace $1 --request-timeout=15s"
local -a readers
mkdir -p "$folder/logs"
$k get pods -o wide > "$folder/pods.txt" 2>&1 & readers+=($!)
$k get deployments,statefulsets,daemonsets,jobs,replicasets,services -o wide > "$folder/workloads.txt" 2>&1 & readers+=($!)
$k get events --sort-by=.metadata.creationTimestamp > "$folder/events.txt" 2>&1 & readers+=($!)
$k describe pods > "$folder/describe.txt" 2>&1 & readers+=($!)
local each='{{$pod}} {{.name}} {{.restartCount}}{{"\\n"}}{{end}}'
local containers='{{range .items}}{{$pod := .metadata.name}}'
containers+="{{range .status.initContainerStatuses}}$each{{range .status.containerStatuses}}$each{{end}}"
$k get pods -o go-template="$containers" 2>/dev/null | xargs -r -P 4 -L 1 bash -c '
mkdir -p "$0/logs/$2"
read_log() { timeout 20 kubectl --namespace "$1" --request-timeout=15s logs --tail=5000 "$2" --container "$3" "\${@:4}" 2>&1; }
read_log "$1" "$2" "$3" > "$0/logs/$2/$3.log"
# As the next run begins, the log of the one before may be gone already while the pod still names it.
for try in 1 2 3 4; do
  [ "$4" != 0 ] || break
  read_log "$1" "$2" "$3" --previous > "$0/logs/$2/$3.previous.log"
  grep -q "^unable to retrieve container logs" "$0/logs/$2/$3.previous.log" || break
  sleep 1
done
true
' "$folder" "$namespace"
wait "\${readers[@]}"
}
`
