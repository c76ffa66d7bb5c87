// What runs inside the container. Each script is given to bash -c as it stands; the module's folder is the working directory.
import { turns } from "./shared/turns"

/** gofmt, vet and staticcheck, all three whatever the others say. Exit code 1 if any of them found something.
 * What vet and staticcheck need of other packages is compiled as the binaries are, where no file needs C: then it is compiled once for both. */
export const lintScript = `${turns}
take_turn lint
status=0
if [ -z "$(grep -rlm1 --include='*.go' '^import "C"' . | head -n 1)" ]; then export CGO_ENABLED=0; fi
export GOFLAGS="\${GOFLAGS:+$GOFLAGS }-trimpath"
gofmt -l . > /report/gofmt.txt 2>&1 || status=1
if [ -s /report/gofmt.txt ]; then status=1; echo "gofmt, not formatted:"; cat /report/gofmt.txt; fi
GOGC=400 go vet ./... > /report/vet.txt 2>&1 || { status=1; cat /report/vet.txt; }
staticcheck -f json "$@" ./... > /report/staticcheck.json 2> /report/staticcheck.err || { status=1; cat /report/staticcheck.json /report/staticcheck.err; }
end_turn
exit $status
`

/** The whole test suite with the race detector; JUnit and the coverage profile are written even when it fails. $1: seconds.
 * -count=1: whether a run can be spared is decided by its inputs; Go's own cache of results does not see files outside the module.
 * -vet=off: the lint step has all of go vet; here it would look at every dependency once more, as it is with the race detector.
 * -p: one package more than there are processors; a test with the race detector sleeps for a second before it ends (atexit_sleep_ms, https://go.dev/doc/articles/race_detector).
 * Generated files (https://go.dev/s/generatedcode) leave the profile: their branches say nothing about the module's tests. They are listed in generated.txt. */
export const testScript = `${turns}
seconds=$1; shift
take_turn test
[ -e "$known" ] || GOGC=400 go list -deps -test -export -race ./... > /dev/null 2>&1
end_turn
gotestsum --format pkgname --junitfile /report/junit.xml --junitfile-testsuite-name relative --junitfile-testcase-classname relative -- \\
  -p=$(($(nproc) + 1)) -count=1 -race -vet=off -timeout "\${seconds}s" -coverprofile=/report/coverage.out -covermode=atomic "$@" ./...
status=$?
name=$(go list -m) && grep -rlE --include='*.go' '^// Code generated .* DO NOT EDIT\\.$' . | sed "s|^\\.|$name|" > /report/generated.txt
if [ -s /report/generated.txt ] && [ -f /report/coverage.out ]; then
  awk -F: 'NR == FNR { generated[$1]; next } !($1 in generated)' /report/generated.txt /report/coverage.out > /tmp/coverage.out && mv /tmp/coverage.out /report/coverage.out
fi
exit $status
`

/** Every main package into /out; a module that has none is compiled all the same. */
export const buildScript = `
mkdir -p /out
export GOGC=400
mains=$(go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./...) || exit 1
if [ -z "$mains" ]; then exec go build -trimpath "$@" ./...; fi
exec go build -trimpath -buildvcs=false -ldflags "-s -w" -o /out/ "$@" $mains
`
