// The scripts that run in the container, each with `bash -c`, in the folder of the Go module.
import { goShell } from "./shared/go-shell"
import { turns } from "./shared/turns"

/**
 * Finds the Go files that belong to packages of the module: as Go itself does, without vendored code, test data, folders and
 * files whose names begin with `_` or `.`, and other modules in folders below. Without generated files
 * (https://go.dev/s/generatedcode), whose layout is their generator's.
 */
export const goFiles =
  "find . -mindepth 1 -type d \\( -name vendor -o -name testdata -o -name '[_.]*' -o -exec test -e '{}/go.mod' ';' \\) " +
  "-prune -o -type f -name '*.go' -not -name '[_.]*' -print0 | " +
  "xargs -0r grep -LZE '^// Code generated .* DO NOT EDIT\\.\r?$'"

/** Lists generated files by their names in the folder of the module; $1 is put in front of each. */
const generated = `
generated() {
  grep -rlE --include='*.go' '^// Code generated .* DO NOT EDIT\\.' . | sed "s|^\\./|$1|"
}
`

/**
 * Runs gofmt, go vet and staticcheck, all three whatever the others find. Exit code 1 if one of them has a finding or could
 * not run; exits.txt has the exit code of each. Packages are compiled with the flags of the build, so that the build reuses
 * them. Staticcheck refuses modules for a newer Go than it was compiled with: for these, $1 is installed.
 */
export const lintScript = `${turns}${goShell}${generated}
newer_staticcheck=$1; shift
ended() { echo "$1 $2" >> /report/exits.txt; [ "$2" = 0 ] || status=1; }
take_turn lint
status=0
choose_toolchain
choose_cgo -test
export GOFLAGS="\${GOFLAGS:+$GOFLAGS }-trimpath"
generated "" > /report/generated.txt
${goFiles} | xargs -0r gofmt -l 2> /report/gofmt.err | sed 's|^\\./||' > /report/gofmt.txt
ended gofmt "\${PIPESTATUS[2]}"
if [ -s /report/gofmt.txt ]; then status=1; echo "gofmt, not formatted:"; cat /report/gofmt.txt; fi
cat /report/gofmt.err
has_packages 2> /dev/null || { end_turn; exit $status; }
GOGC=400 go vet -json ./... > /report/vet.json 2> /report/vet.txt
ended vet $?
grep -v '^go: downloading ' /report/vet.txt
findings='s/^\\t*"posn": "\\(.*\\)",$/\\1/p; s/^\\t*"message": "\\(.*\\)",*$/\\t\\1/p; s/^\\t*"error": "\\(.*\\)",*$/\\1/p'
if cat /report/vet.json /report/vet.txt | sed -n "$findings" | grep .; then status=1; fi
if [ "$GOTOOLCHAIN" = auto ]; then
  GOTOOLCHAIN=$(go env GOVERSION) GOBIN=/usr/local/bin CGO_ENABLED=0 go install "$newer_staticcheck"
fi
staticcheck -f json "$@" ./... > /report/staticcheck.json 2> /report/staticcheck.err
ended staticcheck $?
[ $status = 0 ] || cat /report/staticcheck.json /report/staticcheck.err
end_turn
exit $status
`

/** Sets $race to the flag of the race detector; to nothing where GOFLAGS switches it off, which a flag of the command would undo. */
export const raceFlag = `case " $GOFLAGS " in *" -race=false "* | *" --race=false "*) race= ;; *) race=-race ;; esac`

/**
 * Runs the whole test suite with the race detector. JUnit and the coverage profile are written even when it fails.
 * $1: time-out in seconds; further arguments go to `go test`. Where no package has a test, no-tests.txt says so and nothing
 * is compiled.
 *
 * - `-count=1`: Dagger's cache decides whether tests run; Go's own result cache does not see files outside the module.
 * - `-vet=off`: the lint step runs go vet; here it would check every dependency again, compiled for the race detector.
 * - `-p`: one package more than processors, because a test with the race detector sleeps for a second before it exits
 *   (atexit_sleep_ms, https://go.dev/doc/articles/race_detector).
 * - The race detector needs cgo, whatever the build does. Without it no-race.txt says so.
 * - Generated files (https://go.dev/s/generatedcode) are removed from the profile, because their branches say nothing
 *   about the module's tests. generated.txt lists them.
 */
export const testScript = `${turns}${goShell}${generated}
seconds=$1; shift
choose_toolchain
${raceFlag}
if [ -n "$race" ]; then export CGO_ENABLED=1; else echo off > /report/no-race.txt; fi
has_packages 2> /dev/null || exit 0
if tested=$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... 2> /dev/null) && [ -z "$tested" ]
then echo none > /report/no-tests.txt; exit 0; fi
take_turn test
[ -e "$known" ] || GOGC=400 go list -deps -test -export $race ./... > /dev/null 2>&1
end_turn
gotestsum --format pkgname --junitfile /report/junit.xml \\
  --junitfile-testsuite-name relative --junitfile-testcase-classname relative -- \\
  -p=$(($(nproc) + 1)) -count=1 $race -vet=off -timeout "\${seconds}s" \\
  -coverprofile=/report/coverage.out -covermode=atomic "$@" ./...
status=$?
name=$(go list -m -f "{{if eq .Dir \\"$PWD\\"}}{{.Path}}{{end}}" | grep .) && generated "$name/" > /report/generated.txt
if [ -s /report/generated.txt ] && [ -f /report/coverage.out ]; then
  awk -F: 'NR == FNR { generated[$1]; next } !($1 in generated)' /report/generated.txt /report/coverage.out \\
    > /tmp/coverage.out && mv /tmp/coverage.out /report/coverage.out
fi
exit $status
`

/** Formats the Go files that belong to packages. */
export const formatScript = `${goFiles} | xargs -0r gofmt -w`

/**
 * Builds every main package into /out; a module without one is compiled too. Arguments go to `go build`. Programs are
 * static: without C, unless a package needs it (cgo.txt lists those), which is then linked in. Two programs of one name are
 * named by their folders.
 */
export const buildScript = `${goShell}
mkdir -p /out
export GOGC=400
choose_toolchain
given=$CGO_ENABLED
cgo_packages > /report/cgo.txt
if [ -z "$given" ]; then export CGO_ENABLED=0; if [ -s /report/cgo.txt ]; then CGO_ENABLED=1; fi; fi
flags=(-trimpath)
if [ "$CGO_ENABLED" = 1 ] && [ -s /report/cgo.txt ]; then
  if [ "$(go env GOOS GOARCH)" != "$(go env GOHOSTOS GOHOSTARCH)" ]; then
    echo "$(head -n 1 /report/cgo.txt) compiles C, which cannot be built for $GOOS/$GOARCH on $(go env GOHOSTOS)/$(go env GOHOSTARCH)"
    exit 1
  fi
  flags+=(-tags "\${GO_TAGS:+$GO_TAGS,}netgo,osusergo")
  link="-s -w -linkmode=external -extldflags=-static"
else link="-s -w"; fi
mains=$(go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./...) || exit 1
if [ -z "$mains" ]; then exec go build "\${flags[@]}" "$@" ./...; fi
module=$(go list -m -f "{{if eq .Dir \\"$PWD\\"}}{{.Path}}{{end}}" | grep .)
program() { sed -E 's|/v[0-9]+$||; s|.*/||'; }
twice=$(echo "$mains" | program | sort | uniq -d)
once=()
for main in $mains; do
  if echo "$twice" | grep -qxF "$(echo "$main" | program)"; then
    own=\${main#"$module"}; own=\${own#/}; own=\${own:-$(echo "$main" | program)}
    go build "\${flags[@]}" -buildvcs=false -ldflags "$link" -o "/out/\${own//\\//-}" "$@" "$main" || exit 1
  else once+=("$main"); fi
done
if [ \${#once[@]} = 0 ]; then exit 0; fi
exec go build "\${flags[@]}" -buildvcs=false -ldflags "$link" -o /out/ "$@" "\${once[@]}"
`
