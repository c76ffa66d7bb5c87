// Repairs a release that a killed deployment has left pending, as functions of bash: `known`, then, under the lock, `recover`.

export const recover = `
# Marks the last revision as failed in helm's own record, as helm would have done if it had not been killed.
mark_failed() {
k get secret "$record" -o go-template='{{.data.release}}' | base64 -d | base64 -d | gzip -d |
  sed 's/"status":"pending-[a-z]*"/"status":"failed"/' |
  gzip -n | base64 -w 0 | base64 -w 0 > /tmp/release
[ -s /tmp/release ] || return 1
printf '{"metadata":{"labels":{"status":"failed"}},"data":{"release":"%s"}}' "$(cat /tmp/release)" > /tmp/patch
k patch secret "$record" --type=merge --patch-file /tmp/patch > /dev/null
}

# Repairs what a killed deployment has left. Only the holder of the lock does: the holder before it is gone. A pending release
# that never had a lock may be the work of a person with helm, and is left alone for ten minutes.
recover() {
local was before
records
case "$status" in pending-install | pending-upgrade | pending-rollback | uninstalling) ;; *) return ;; esac
if [ -z "$before_lock" ] && [ $(($(date +%s) - $(date -d "$made" +%s))) -lt 600 ]; then
  end 6 "the release $RELEASE is $status (revision $revision) without a lock: it is repaired when it has been so for 10 minutes"
fi
was="$status at revision $revision" before=$deployed
evidence "$NAMESPACE" /report/before
case "$status" in
pending-install) mark_failed; say "recovered: $RELEASE was $was; marked as failed" ;;
uninstalling)
  helm uninstall "$RELEASE" --namespace "$NAMESPACE" --no-hooks --timeout 60s > /tmp/recover 2>&1
  say "recovered: $RELEASE was $was; finished uninstalling it" ;;
*)
  back() { timeout 90 helm rollback "$RELEASE" "$1" --namespace "$NAMESPACE" --no-hooks --timeout 60s; }
  if [ -n "$before" ] && back "$before" > /tmp/recover 2>&1; then
    say "recovered: $RELEASE was $was; went back to revision $before"
  else
    records
    case "$status" in pending-*) mark_failed ;; esac
    say "recovered: $RELEASE was $was; marked as failed"
  fi ;;
esac
records
case "$status" in pending-* | uninstalling)
  end 1 "the release $RELEASE is $status (revision $revision) and cannot be repaired: $(tail -n 1 /tmp/recover)" ;;
esac
}

# Notes whether the lock existed before: then a pending release is the work of a deployment like this one.
known() { before_lock=$(k get lease "$lease" --ignore-not-found -o name 2> /dev/null); }
before_lock=
`
