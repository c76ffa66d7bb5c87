import { evidence } from "./shared/evidence"

// What runs inside the containers, given to sh or bash as it stands.

/**
 * Starts k3s with "$@". The volume with containerd's images and containers may come from an earlier cluster: it is emptied, so it never grows beyond what one cluster
 * holds, and nothing of another run can be seen. Under cgroup v2 the processes leave the root group, or no group below it could have limits.
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

/** Waits for at most $1 seconds (0: not at all) until the cluster has a node that is ready and the account that pods run under; 7 and a line that says why if not. */
const waitForNode = `
ready() {
  kubectl --request-timeout=5s get nodes -o jsonpath='{range .items[*]}{.metadata.name}: {range .status.conditions[?(@.type=="Ready")]}{.status} {.message}{end}{"\\n"}{end}' > /tmp/nodes || return
  grep -q ': True ' /tmp/nodes || { echo "no node is ready: $(cat /tmp/nodes)"; return 1; }
  kubectl --request-timeout=5s --namespace default get serviceaccount default > /dev/null
}
limit=$1; shift
while [ "$limit" -gt 0 ] && ! reason=$(ready 2>&1); do
  if [ "$SECONDS" -ge "$limit" ]; then echo "the cluster is not ready after $limit s: $(echo "$reason" | tail -n 1)" >&2; exit 7; fi
  sleep 1
done
`

/** Runs kubectl with "$@" after $1 and $2, the limits in seconds of the wait and of kubectl itself. A code above 128 would be an error of the engine's. */
export const kubectlScript = `${waitForNode}
limit=$1; shift
timeout -k 5 "$limit" kubectl "$@"
code=$?
[ "$code" = 124 ] && echo "kubectl did not end within $limit s" >&2
[ "$code" -gt 128 ] && code=128
exit "$code"
`

/** Writes what the namespace $2 holds into /evidence, after waiting for at most $1 seconds. */
export const evidenceScript = `${evidence}${waitForNode}
evidence "$1" /evidence
`
