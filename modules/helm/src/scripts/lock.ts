// The lock of a release, as functions of bash: `lock HOLDER`, `claim REVISION`, `fenced COMMAND`, `held`, `lost`, `unlock`.

export const lock = `
# The lock is a Lease. Its holder renews it every 2 seconds. Whoever wants it watches whether it is renewed, so that no clock has
# to be trusted. It takes over a Lease that was not renewed for 15 seconds. So whoever could not renew it for 12 seconds has lost
# it, and helm is killed in that second, whatever else is going on. In an annotation the Lease has the last revision that a
# holder has begun: what is pending and is not that revision is somebody else's.
lease=helm-$RELEASE
identity= locked= left= helm= noted=
lock() {
identity="$(tr -cd 'A-Za-z0-9 ._:/@#+-' <<< "\${1:-someone}") $(tr -dc a-z0-9 < /dev/urandom | head -c 8)"
local version seen="" since holder
local fields='{{.metadata.resourceVersion}} {{with .metadata.annotations}}{{or (index . "revision") "0"}}{{else}}0{{end}}'
fields+=' {{.spec.holderIdentity}}'
while true; do
  noted=0
  touch /tmp/beat
  if lease "" | k create -f - > /tmp/lease 2>&1; then break; fi
  grep -q AlreadyExists /tmp/lease || end 1 "the lock $lease cannot be made: $(tail -n 1 /tmp/lease)"
  read -r version noted holder < <(k get lease "$lease" -o go-template="$fields")
  if [ -n "$version" ] && { [ -z "$holder" ] || { [ "$version" = "$seen" ] && [ $((SECONDS - since)) -ge 15 ]; }; }
  then
    if lease "$version" | k replace -f - > /tmp/lease 2>&1; then left=$holder; break; fi
    grep -q 'has been modified' /tmp/lease || end 1 "the lock $lease cannot be taken: $(tail -n 1 /tmp/lease)"
    seen=
  elif [ -n "$version" ] && [ -n "$seen" ] && [ "$version" != "$seen" ]; then
    end 6 "the release $RELEASE is locked by \${holder% *}, which is still renewing its lock: try again when it has ended"
  elif [ -n "$version" ] && [ -z "$seen" ]; then
    seen=$version since=$SECONDS
    echo "the release $RELEASE is locked by \${holder% *}: checking whether the lock is still renewed"
  fi
  sleep 1
done
locked=yes
[ -n "$left" ] && say "took over the lock of \${left% *}, which has not been renewed for 15 s"
rm -f /tmp/lost /tmp/helm
beat & beating=$!
fence & fencing=$!
}
lease() {
local now; now=$(now)
cat << end
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: $lease, resourceVersion: "$1", annotations: {revision: "$noted"}}
spec: {holderIdentity: "$identity", leaseDurationSeconds: 15, acquireTime: "$now", renewTime: "$now"}
end
}
# Changes the Lease by the JSON patch operation $1, if the lock is still ours.
patch_lease() {
local test="{\\"op\\":\\"test\\",\\"path\\":\\"/spec/holderIdentity\\",\\"value\\":\\"$identity\\"}"
timeout 5 kubectl --namespace "$NAMESPACE" --request-timeout=4s patch lease "$lease" --type=json --patch "[$test,$1]" \\
  > /dev/null 2>&1
}
# Sets the field $1 of the Lease to $2, if the lock is still ours.
mine() { patch_lease "{\\"op\\":\\"replace\\",\\"path\\":\\"/spec/$1\\",\\"value\\":\\"$2\\"}"; }
now() { date -u +%Y-%m-%dT%H:%M:%S.000000Z; }
beat() {
# What counts is when the request began: the answer may come late.
while sleep 2 && kill -0 $$ 2> /dev/null; do
  touch /tmp/request
  mine renewTime "$(now)" && mv /tmp/request /tmp/beat
done
}
held() { [ $(($(date +%s) - $(stat -c %Y /tmp/beat))) -lt 12 ]; }
# Kills the helm that runs when the lock is lost. A signal that helm can handle would let it write to its records.
fence() {
while sleep 0.5 && kill -0 $$ 2> /dev/null; do
  if ! held; then
    touch /tmp/lost
    kill_helm
    return
  fi
done
}
kill_helm() {
local pid; pid=$(cat /tmp/helm 2> /dev/null) || return 0
kill -KILL -- "-$pid" 2> /dev/null || kill -KILL "$pid" 2> /dev/null
}
lost() { [ -e /tmp/lost ]; }
lost_lock="the lock of $RELEASE could not be renewed for 12 s: another deployment may have begun, so helm was stopped"
# Says in the Lease that the revision $1 is ours, before helm writes it. This also checks that the lock is.
claim() {
patch_lease "{\\"op\\":\\"add\\",\\"path\\":\\"/metadata/annotations\\",\\"value\\":{\\"revision\\":\\"$1\\"}}" && noted=$1 && ! lost
}
# Runs a command that is killed when the lock is lost.
fenced() {
local code
"$@" & echo $! > /tmp/helm
wait $!
code=$?
rm -f /tmp/helm
return $code
}
unlock() {
if [ -n "$locked" ]; then
  locked=
  kill "$fencing" "$beating" 2> /dev/null
  wait "$fencing" "$beating" 2> /dev/null
  mine holderIdentity "" || true
fi
}
`
