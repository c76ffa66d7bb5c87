// The scripts that run inside the container, passed to bash -c unchanged.

/**
 * Prints fields `key value`, each ended by a zero byte: branch, commit, time, author, shallow, tag…, here… (tags of this commit),
 * changed… (files of the paths that differ from the commit, or are neither committed nor ignored), and tree: one hash over the
 * paths' own hashes, with the changes of the checkout, so that a commit of the same files has the same hash. The arguments are
 * the kind, `all` or `tree`, and the paths. With `tree` it prints commit and tree alone, those of the commit, so that no file of
 * the checkout is needed.
 */
export const stateScript = `
set -o pipefail
kind=$1; shift
say() { printf '%s\\0' "$*"; }
if ! commit=$(git rev-parse --verify -q 'HEAD^{commit}'); then
  echo "HEAD names no commit: the repository has none, or its history is incomplete" >&2; exit 3
fi
say "commit $commit"
# The hash over the paths of the tree $1.
tree() {
  local root=$1 object hash objects
  shift
  objects=$(for path in "$@"; do
    object=$root:$path
    if [ "$path" = . ]; then object=$root; fi
    hash=$(git rev-parse --verify -q "$object") ||
      { printf 'paths: %s is not in commit %s\\n' "$path" "$commit" >&2; exit 3; }
    printf '%s %s\\0' "$hash" "$path" | base64 -w0
    echo
  done) || exit 3
  say "tree $(printf '%s' "$objects" | sha256sum | cut -d' ' -f1)"
}
if [ "$kind" = tree ]; then tree "$commit^{tree}" "$@"; exit 0; fi
say "branch $(git symbolic-ref --short -q HEAD)"
say "time $(git log -1 --format=%cI)"
say "author $(git log -1 --format=%ae)"
say "shallow $(git rev-parse --is-shallow-repository)"
git for-each-ref --format='tag %(refname:strip=2)%00' refs/tags | tr -d '\\n'
git for-each-ref --points-at HEAD --format='here %(refname:strip=2)%00' refs/tags | tr -d '\\n'
export GIT_INDEX_FILE=/tmp/index
git read-tree HEAD || exit 3
git --literal-pathspecs status --porcelain=v1 -z --no-renames --untracked-files=all -- "$@" > /tmp/status || exit 3
while IFS= read -r -d '' line; do say "changed \${line:3}"; done < /tmp/status
if [ ! -s /tmp/status ]; then tree "$commit^{tree}" "$@"; exit 0; fi
# Changed files become objects beside the repository, not in it.
export GIT_ALTERNATE_OBJECT_DIRECTORIES=$(realpath "$(git rev-parse --git-path objects)") GIT_OBJECT_DIRECTORY=/tmp/objects
mkdir -p /tmp/objects
git --literal-pathspecs add --all -- "$@" && changed=$(git write-tree) || exit 3
tree "$changed" "$@"
`

/**
 * Sets base and name for the comparison of the checkout with the branches "$@", and branch to the one that it has left or
 * is at the end of; prints `none` and a reason, and ends, without a base. Where none of them exists, the branches that
 * repositories usually have are tried: that of origin's HEAD, main, master.
 */
const findBase = `
set -o pipefail
export GIT_INDEX_FILE=/tmp/index
if ! head=$(git rev-parse --verify -q 'HEAD^{commit}'); then echo "none HEAD names no commit"; exit 0; fi
git read-tree HEAD || exit 3
# Another repository inside, whose name ends in a slash, is no change.
dirty=$(git status --porcelain --untracked-files=all | grep -v '^?? .*/"\\?$')
base= name= branch=
look() {
  local ref found
  for ref in "refs/remotes/origin/$1" "refs/heads/$1"; do
    git rev-parse --verify -q "$ref^{commit}" > /dev/null || continue
    found=$(git merge-base HEAD "$ref" 2> /dev/null) || continue
    if [ -z "$branch" ]; then branch=$1; fi
    # At the end of the branch itself there is no difference, except for what is not committed yet.
    if [ "$found" != "$head" ] || [ -n "$dirty" ]; then base=$found name=$1 branch=$1; return 0; fi
  done
  return 1
}
for one in "$@"; do look "$one" && break; done
if [ -z "$branch" ]; then
  usual=$(git symbolic-ref -q refs/remotes/origin/HEAD)
  for one in \${usual:+"\${usual#refs/remotes/origin/}"} main master; do look "$one" && break; done
fi
if [ -z "$base" ]; then
  base=$(git rev-parse --verify -q 'HEAD^1') || { echo "none there is no commit before HEAD to compare with"; exit 0; }
  name="the commit before"
fi
echo "$name $base"
echo "branch $branch"
echo "commits $(git rev-list "$base..HEAD" | tr '\\n' ' ')"
`

/**
 * Prints the base of the comparison, as `branch commit`, or `none` and a reason; then `branch` with the branch that it is
 * about, `commits` with those that the base does not have, and a unified diff without context, with renames, of
 * everything that differs from the base: commits, edits, and new files that are not ignored. The first argument is a
 * folder for the files of the base, or empty; the others are branches; the first that exists counts. At the end of that
 * branch, with everything committed, the base is the first parent.
 */
export const diffScript = `
folder=$1; shift
if [ -n "$folder" ]; then mkdir -p "$folder"; fi
${findBase}
if [ -n "$folder" ]; then git archive --format=tar "$base" | tar -x -C "$folder" || exit 3; fi
# Not another repository, whose name ends in a slash: its files are not part of this one.
git ls-files -z --others --exclude-standard | grep -zv '/$' > /tmp/new
git --literal-pathspecs add --intent-to-add --pathspec-from-file=/tmp/new --pathspec-file-nul || exit 3
options=(--unified=0 --no-color --no-ext-diff --no-textconv --find-renames --src-prefix=a/ --dst-prefix=b/)
git diff "\${options[@]}" "$base" -- || exit 3
`
