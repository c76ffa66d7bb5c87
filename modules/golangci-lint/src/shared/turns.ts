// Generated from modules/shared/turns.ts by `npm run sync`; do not edit.
// Shell that lets Go compilations of several modules take turns.

/**
 * Shell functions around a compilation. Modules that are checked side by side have packages in common, above all the
 * standard library. While Go's build cache does not have what this go.mod names, a script waits until no other one of its
 * kind ($1) compiles; with warm caches none waits, and neither does an image without flock. The kinds are `lint`, for
 * what is compiled as binaries are, and `test`, with the race detector. Programs of withGoProgram take turns with lint.
 */
export const turns = `
take_turn() {
  known="\${GOCACHE:-$HOME/.cache/go-build}/known-$1/$(cat go.mod go.sum 2> /dev/null | sha256sum | cut -c 1-32)"
  [ -e "$known" ] || { mkdir -p "\${known%/*}" && exec 9> "\${known%/*}/lock" && flock 9 2> /dev/null; }
}
end_turn() {
  [ -e "$known" ] || touch "$known"
  exec 9>&-
}
`
