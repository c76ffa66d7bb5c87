// The lock of a release, as functions of bash: `lock HOLDER`, `held`, `unlock`.

export const lock = `
# The lock is a Lease. Its holder renews it every 2 seconds. Whoever wants it watches whether it is renewed, so that no clock has
# to be trusted.
lease=helm-$RELEASE
identity= locked= left= helm=
lock() {
identity="$(tr -cd 'A-Za-z0-9 ._:/@#+-' <<< "\${1:-someone}") $(tr -dc a-z0-9 < /dev/urandom | head -c 8)"
local version seen="" since holder
while true; do
  if lease "" | k create -f - > /tmp/lease 2>&1; then break; fi
  grep -q AlreadyExists /tmp/lease || end 1 "the lock $lease cannot be made: $(tail -n 1 /tmp/lease)"
  read -r version holder < <(k get lease "$lease" -o go-template='{{.metadata.resourceVersion}} {{.spec.holderIdentity}}')
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
# Sets the field $1 of the Lease to $2, if the lock is still ours.
mine() {
local test="{\\"op\\":\\"test\\",\\"path\\":\\"/spec/holderIdentity\\",\\"value\\":\\"$identity\\"}"
local replace="{\\"op\\":\\"replace\\",\\"path\\":\\"/spec/$1\\",\\"value\\":\\"$2\\"}"
k patch lease "$lease" --type=json --patch "[$test,$replace]" > /dev/null 2>&1
}
beat() {
while sleep 2 && kill -0 $$ 2> /dev/null; do
  mine renewTime "$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)" && touch /tmp/beat
done
}
held() { [ $(($(date +%s) - $(stat -c %Y /tmp/beat))) -lt 12 ]; }
unlock() {
if [ -n "$locked" ]; then
  locked=
  kill "$beating" 2> /dev/null
  wait "$beating" 2> /dev/null
  mine holderIdentity "" || true
fi
}
`
