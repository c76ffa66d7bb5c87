// The scripts that run in the container, each with `bash -c`, in the folder of the Go module.
import { turns } from "./shared/turns"

/**
 * Finds the Go files that belong to packages: as Go itself does, without vendored code, test data, and folders and files
 * whose names begin with `_` or `.`.
 */
export const goFiles =
  "find . -mindepth 1 -type d \\( -name vendor -o -name testdata -o -name '[_.]*' \\) -prune " +
  "-o -type f -name '*.go' -not -name '[_.]*'"

/**
 * Runs gofmt, go vet and staticcheck, all three whatever the others find. Exit code 1 if one of them has a finding.
 * Where no file needs C, packages are compiled with the flags of the build, so that the build reuses them.
 */
export const lintScript = `${turns}
take_turn lint
status=0
if [ -z "$(grep -rlm1 --include='*.go' '^import "C"' . | head -n 1)" ]; then export CGO_ENABLED=0; fi
export GOFLAGS="\${GOFLAGS:+$GOFLAGS }-trimpath"
${goFiles} -print0 | xargs -0r gofmt -l 2>&1 | sed 's|^\\./||' > /report/gofmt.txt
if [ -s /report/gofmt.txt ]; then status=1; echo "gofmt, not formatted:"; cat /report/gofmt.txt; fi
GOGC=400 go vet -json ./... > /report/vet.json 2> /report/vet.txt || status=1
grep -v '^go: downloading ' /report/vet.txt
findings='s/^\\t*"posn": "\\(.*\\)",$/\\1/p; s/^\\t*"message": "\\(.*\\)",*$/\\t\\1/p; s/^\\t*"error": "\\(.*\\)",*$/\\1/p'
if cat /report/vet.json /report/vet.txt | sed -n "$findings" | grep .; then status=1; fi
staticcheck -f json "$@" ./... > /report/staticcheck.json 2> /report/staticcheck.err ||
  { status=1; cat /report/staticcheck.json /report/staticcheck.err; }
end_turn
exit $status
`

/**
 * Runs the whole test suite with the race detector. JUnit and the coverage profile are written even when it fails.
 * $1: time-out in seconds; further arguments go to `go test`.
 *
 * - `-count=1`: Dagger's cache decides whether tests run; Go's own result cache does not see files outside the module.
 * - `-vet=off`: the lint step runs go vet; here it would check every dependency again, compiled for the race detector.
 * - `-p`: one package more than processors, because a test with the race detector sleeps for a second before it exits
 *   (atexit_sleep_ms, https://go.dev/doc/articles/race_detector).
 * - Generated files (https://go.dev/s/generatedcode) are removed from the profile, because their branches say nothing
 *   about the module's tests. generated.txt lists them.
 */
export const testScript = `${turns}
seconds=$1; shift
take_turn test
[ -e "$known" ] || GOGC=400 go list -deps -test -export -race ./... > /dev/null 2>&1
end_turn
gotestsum --format pkgname --junitfile /report/junit.xml \\
  --junitfile-testsuite-name relative --junitfile-testcase-classname relative -- \\
  -p=$(($(nproc) + 1)) -count=1 -race -vet=off -timeout "\${seconds}s" \\
  -coverprofile=/report/coverage.out -covermode=atomic "$@" ./...
status=$?
generated='^// Code generated .* DO NOT EDIT\\.$'
name=$(go list -m -f "{{if eq .Dir \\"$PWD\\"}}{{.Path}}{{end}}" | grep .) &&
  grep -rlE --include='*.go' "$generated" . | sed "s|^\\.|$name|" > /report/generated.txt
if [ -s /report/generated.txt ] && [ -f /report/coverage.out ]; then
  awk -F: 'NR == FNR { generated[$1]; next } !($1 in generated)' /report/generated.txt /report/coverage.out \\
    > /tmp/coverage.out && mv /tmp/coverage.out /report/coverage.out
fi
exit $status
`

/** Formats the Go files that belong to packages. */
export const formatScript = `${goFiles} -print0 | xargs -0r gofmt -w`

/** Builds every main package into /out; a module without one is compiled too. Arguments go to `go build`. */
export const buildScript = `
mkdir -p /out
export GOGC=400
mains=$(go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./...) || exit 1
if [ -z "$mains" ]; then exec go build -trimpath "$@" ./...; fi
exec go build -trimpath -buildvcs=false -ldflags "-s -w" -o /out/ "$@" $mains
`
