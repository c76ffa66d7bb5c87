// Repairs a release that a killed deployment has left pending, as a function of bash: `recover`, under the lock.

export const recover = `
# Marks the last revision as failed in helm's own record, as helm would have done if it had not been killed. What was read is
# checked before it is written back, and is written only if the lock is ours and nobody has changed the record since.
mark_failed() {
local version data
mine renewTime "$(now)" || { echo "the lock is lost" > /tmp/recover; return 1; }
read -r version data < <(k get secret "$record" -o go-template='{{.metadata.resourceVersion}} {{.data.release}}' 2> /tmp/recover)
[ -n "$data" ] || return 1
base64 -d <<< "$data" 2> /dev/null | base64 -d 2> /dev/null | gzip -d 2> /dev/null > /tmp/decoded && is_release /tmp/decoded ||
  { echo "the record $record cannot be decoded" > /tmp/recover; return 1; }
sed 's/"status":"pending-[a-z]*"/"status":"failed"/' /tmp/decoded > /tmp/failed && is_release /tmp/failed || return 1
gzip -n < /tmp/failed | base64 -w 0 | base64 -w 0 > /tmp/release || return 1
printf '{"metadata":{"resourceVersion":"%s","labels":{"status":"failed"}},"data":{"release":"%s"}}' \\
  "$version" "$(cat /tmp/release)" > /tmp/patch
k patch secret "$record" --type=merge --patch-file /tmp/patch > /dev/null 2> /tmp/recover
}
# Whether a file is a whole record of this release and revision.
is_release() {
is=$revision perl -0777 -ne '
  exit !(/^\\{"name":"\\Q$ENV{RELEASE}\\E",/ && /"status":"(?:pending-[a-z]*|failed)"/ && /"version":$ENV{is}\\b/ && /\\}\\s*$/)
' "$1"
}

# Ends the script if the release is pending by somebody else's work: a person with helm, or a program without this lock.
# That is left alone for ten minutes, however often this is tried.
not_others() {
case "$status" in pending-install | pending-upgrade | pending-rollback | uninstalling) ;; *) return ;; esac
[ "$noted" != "$revision" ] || return
if [ $(($(date +%s) - $(date -d "$made" +%s))) -lt 600 ]; then
  end 6 "the release $RELEASE is $status (revision $revision) without a lock: it is repaired when it has been so for 10 minutes"
fi
}

# Repairs what a killed deployment has left. Only the holder of the lock does: the holder before it is gone.
recover() {
local was before
records || unread
not_others
case "$status" in pending-install | pending-upgrade | pending-rollback | uninstalling) ;; *) return ;; esac
was="$status at revision $revision" before=$deployed
evidence "$NAMESPACE" /report/before
case "$status" in
pending-install) mark_failed && say "recovered: $RELEASE was $was; marked as failed" ;;
uninstalling)
  claim "$revision" &&
    fenced timeout 90 helm uninstall "$RELEASE" --namespace "$NAMESPACE" --no-hooks --timeout 60s > /tmp/recover 2>&1 &&
    say "recovered: $RELEASE was $was; finished uninstalling it" ;;
*)
  back() {
    claim $((revision + 1)) &&
      fenced timeout 90 helm rollback "$RELEASE" "$1" --namespace "$NAMESPACE" --no-hooks --timeout 60s
  }
  if [ -n "$before" ] && back "$before" > /tmp/recover 2>&1; then
    say "recovered: $RELEASE was $was; went back to revision $before"
  elif ! lost; then
    records || unread
    [[ "$status" != pending-* ]] || mark_failed &&
      say "recovered: $RELEASE was $was; marked as failed"
  fi ;;
esac
! lost || end 6 "$lost_lock"
records || unread
case "$status" in pending-* | uninstalling)
  end 1 "the release $RELEASE is $status (revision $revision) and cannot be repaired: $(tail -n 1 /tmp/recover 2> /dev/null)" ;;
esac
}
`
