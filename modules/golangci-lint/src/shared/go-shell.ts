// Generated from modules/shared/go-shell.ts by `npm run sync`; do not edit.
// Shell that prepares Go's commands for a module: its toolchain, and whether C is compiled.

/**
 * Functions for the folder of a Go module.
 *
 * - `choose_toolchain`: the image's Go works, unless the module's go line requires a newer one, which Go then downloads.
 *   A toolchain line is a proposal and is not followed.
 * - `cgo_packages`: the packages that compile C, the module's and its dependencies'; with `-test` those of tests too.
 * - `has_packages`: returns with 1, and writes no-packages.txt, where no package has a file for this platform: Go's commands
 *   do not agree on what that is.
 * - `only_embeds FILE`: whether each error that \`go list\` wrote is about embedded files that are not there, such as a page that
 *   another build makes. Such a package does not compile, and what it imports is known.
 * - `choose_cgo`: sets CGO_ENABLED, unless the caller has, to 1 where there are such packages; takes `-test` too.
 */
export const goShell = `
choose_toolchain() {
  case "$(go list -m 2>&1 > /dev/null)" in *"requires go >= "*) export GOTOOLCHAIN=auto ;; esac
}
cgo_packages() {
  CGO_ENABLED=1 go list -deps "$@" -f '{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}' ./... 2> /dev/null
}
has_packages() {
  listed=$(go list ./... 2> /report/list.err) || { cat /report/list.err >&2; return 0; }
  [ -n "$listed" ] || { echo none > /report/no-packages.txt; return 1; }
}
only_embeds() {
  grep -q '[^ ]' "$1" && ! grep -v '^go: downloading ' "$1" | grep -qv ': pattern .*: no matching files found$'
}
choose_cgo() {
  [ -z "$CGO_ENABLED" ] || return 0
  export CGO_ENABLED=0
  if cgo_packages "$@" | grep . > /dev/null; then CGO_ENABLED=1; fi
}
`

/** A command of a Go tool with the toolchain that the module in its folder requires. */
export function withToolchain(command: string[]): string[] {
  return ["bash", "-c", `${goShell}\nchoose_toolchain\nexec "$@"`, "go", ...command]
}
