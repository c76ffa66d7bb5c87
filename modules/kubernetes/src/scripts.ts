import { evidence } from "./shared/evidence"

// The scripts that run inside the containers, passed to sh or bash unchanged.

/**
 * Starts k3s with "$@". The volume with containerd's images and containers may come from an earlier cluster. It is emptied, so
 * that it never holds more than one cluster's data and nothing of another run. Under cgroup v2 the processes leave the root
 * group, because otherwise no group below it could have limits.
 */
export const startScript = `
rm -rf /var/lib/rancher/k3s/agent/containerd/*
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
  sed -e 's/ / +/g' -e 's/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control || true
fi
exec /bin/k3s server "$@"
`

/**
 * Waits for at most $1 seconds (0: not at all) until the cluster has a ready node and the account that pods run under. If it
 * does not, the script ends with exit code 7 and a line that says why.
 */
const waitForNode = `
ready() {
  local condition='{range .status.conditions[?(@.type=="Ready")]}{.status} {.message}{end}'
  kubectl --request-timeout=5s get nodes -o jsonpath="{range .items[*]}{.metadata.name}: $condition{'\\n'}{end}" \\
    > /tmp/nodes || return
  grep -q ': True ' /tmp/nodes || { echo "no node is ready: $(cat /tmp/nodes)"; return 1; }
  kubectl --request-timeout=5s --namespace default get serviceaccount default > /dev/null
}
limit=$1; shift
while [ "$limit" -gt 0 ] && ! reason=$(ready 2>&1); do
  if [ "$SECONDS" -ge "$limit" ]; then echo "the cluster is not ready after $limit s: $(echo "$reason" | tail -n 1)" >&2; exit 7; fi
  sleep 1
done
`

/**
 * Runs kubectl with "$@" after $1 and $2: the limits in seconds of the wait and of kubectl itself. Exit codes above 128 become
 * 128, because the engine treats them as errors of its own.
 */
export const kubectlScript = `${waitForNode}
limit=$1; shift
timeout -k 5 "$limit" kubectl "$@"
code=$?
[ "$code" = 124 ] && echo "kubectl did not end within $limit s" >&2
[ "$code" -gt 128 ] && code=128
exit "$code"
`

/** Writes what the namespace $2 contains into /evidence, after waiting for at most $1 seconds. */
export const evidenceScript = `${evidence}${waitForNode}
evidence "$1" /evidence
`
