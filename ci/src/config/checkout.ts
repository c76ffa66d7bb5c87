// What git says of the folder that a caller gives: which files are sources, and what cannot be checked (docs/decisions/0053).
import { posix } from "node:path"
import { isIn } from "../shared/folders"

/** The folder at the root of a checkout that the pipeline writes its reports into and leaves out of the source. */
export const reportsFolder = "delivery-reports"

/**
 * Leaves the sources in the checkout "$1": the files that git tracks, and those that it neither tracks nor ignores. Removes the
 * rest: ignored files, repositories inside of this one that are no submodules, folders .git, and empty folders. Prints records,
 * each ended by a zero byte, with fields that are separated by byte 31.
 *
 * Git decides with an index made from HEAD, because the checkout's own is written by every \`git status\`. What is staged only,
 * \`git add --force\` or \`git rm --cached\` of an ignored file, therefore counts from the commit on.
 */
export const sourceScript = `
set -o pipefail
export LC_ALL=C GIT_CONFIG_COUNT=3 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
export GIT_CONFIG_KEY_1=core.fsmonitor GIT_CONFIG_VALUE_1=false GIT_CONFIG_KEY_2=core.quotePath GIT_CONFIG_VALUE_2=false
cd "$1" || exit 3
scratch=$(mktemp -d)
repositories=0
say() { local IFS=$'\\x1f'; printf '%s\\0' "$*"; }
# Prints a record of the kind $1 for each name on stdin, below the folder $2.
each() { local name; while IFS= read -r -d '' name; do say "$1" "$2$name"; done; }
# Runs git on the repository that is looked at.
here() { GIT_INDEX_FILE=$work/index git -C "$folder" --git-dir=.git --work-tree=. "$@"; }
unreadable() { say unreadable "$prefix" "$(head -n 1 "$work/error")"; }

# Looks at the repository in the folder $1. $2 is what its names begin with in records: nothing, or the folder and a slash.
look() {
  local folder=$1 prefix=$2 work path
  repositories=$((repositories + 1))
  work=$scratch/$repositories
  mkdir "$work"
  borrowed=$(head -n 1 "$folder/.git/objects/info/alternates" 2> "$work/none")
  if [ -n "$borrowed" ]; then say borrowed "$prefix" "$borrowed"; return; fi
  if [ "$(here config --bool core.sparseCheckout)" = true ]; then say sparse "$prefix"; fi
  if here rev-parse --verify -q HEAD > "$work/head" && ! here read-tree HEAD 2> "$work/error"; then unreadable; return; fi
  if ! here ls-files -z --others --ignored --exclude-standard --directory --no-empty-directory > "$work/ignored" 2> "$work/error"; then
    unreadable
    return
  fi
  if compgen -G "$folder/.git/objects/pack/*.promisor" > "$work/promisor" &&
    here rev-list --objects --all --missing=print 2> "$work/error" | grep '^?' > "$work/absent"; then say partial "$prefix"; fi
  here ls-files -z > "$work/tracked"
  here ls-files -z --others --exclude-standard > "$work/others"
  here ls-files -z --stage | sed -z -n 's/^160000 [0-9a-f]* [0-9]\\t//p' > "$work/links"
  here config -z -f .gitmodules --get-regexp '^submodule\\..*\\.path$' 2> "$work/none" | sed -z 's/^[^\\n]*\\n//' > "$work/modules"

  cat "$work/tracked" "$work/others" > "$work/names"
  grep -z '[[:cntrl:]]' "$work/names" | each control "$prefix"
  LC_ALL=C.UTF-8 grep -zaxv '.*' "$work/names" | each bytes "$prefix"
  here ls-files -z -- ':(attr:filter=lfs)' | sed -z "s|^|./$prefix|" |
    xargs -0 -r sh -c 'find "$@" -maxdepth 0 -type f -size -1025c -print0 2> /dev/null' find |
    xargs -0 -r grep -lZ '^version https://git-lfs.github.com/spec/' | sed -z 's|^\\./||' | each pointer ""

  # A linked repository that .gitmodules does not name is in no other clone.
  while IFS= read -r -d '' -u 3 path; do
    if ! grep -zqxF -e "$path" "$work/modules"; then
      printf '%s/\\0' "$path" >> "$work/others"
    elif [ -e "$folder/$path/.git" ]; then
      look "$folder/$path" "$prefix$path/"
    else
      say missing "$prefix$path"
      printf '%s\\0' "$path" >> "$work/ignored"
    fi
  done 3< "$work/links"
  grep -z '/$' "$work/others" > "$work/nested"
  each nested "$prefix" < "$work/nested"
  cat "$work/ignored" "$work/nested" | sed -z "s|^|./$prefix|" >> "$scratch/junk"
}

: > "$scratch/junk"
look . ""
grep -z -m 1 '^${reportsFolder}/' "$scratch/1/tracked" | each reports ""
# The CLI of v0.19.10 uploads them: it does not read "ignore" of a constructor's argument.
find . \\( -path ./.git -o -name node_modules -o -path ./${reportsFolder} \\) -prune -print0 | grep -zvx ./.git >> "$scratch/junk"
say junk "$(($(tr -dc '\\0' < "$scratch/junk" | wc -c) + repositories - 1))"
xargs -0 -r rm -rf -- < "$scratch/junk"
find . -name .git -prune -exec rm -rf {} +
find . -mindepth 1 -type d -empty -delete
find . -type l -printf 'link\\037%P\\037%l\\037%Y\\0'
rm -rf "$scratch"
`

/** A symbolic link of a checkout. */
interface Link {
  path: string
  target: string
  /** Where it leads, from the root; undefined if that is outside of the repository. */
  leadsTo?: string
  /** Whether there is nothing. */
  isBroken: boolean
}

/** What the script has found. */
export interface Checkout {
  /** How many files and folders are not sources; 0 if the checkout is its source. */
  junk: number
  links: Link[]
  /** Records of all other kinds, each as its fields. */
  records: Record<string, string[][]>
}

/** Reads the records of the script. */
export function readCheckout(output: string): Checkout {
  const records: Checkout["records"] = {}
  for (const record of output.split("\0").slice(0, -1)) {
    const [kind, ...fields] = record.split("\x1f") as [string, ...string[]]
    ;(records[kind] ??= []).push(fields)
  }
  const { junk = [], link = [], ...others } = records
  return {
    junk: Number(junk[0]?.[0] ?? 0),
    links: link.map(([path, target, type]) => linkOf(path!, target!, type!)),
    records: others,
  }
}

function linkOf(path: string, target: string, type: string): Link {
  const whole = posix.isAbsolute(target) ? undefined : posix.join(posix.dirname(path), target)
  const leadsTo = whole === ".." || whole?.startsWith("../") ? undefined : whole?.replace(/\/+$/, "")
  return { path, target, leadsTo, isBroken: !"fdlbcps".includes(type) }
}

/** Returns why a checkout cannot be checked at all. */
export function checkoutFaults({ records }: Checkout): string[] {
  return Object.entries(records).flatMap(([kind, found]) => {
    const say = refusals[kind]
    return say ? found.slice(0, 3).map(([name = "", detail = ""]) => say(name, detail)) : []
  })
}

const named = (prefix: string): string => (prefix ? `source: the submodule ${prefix.slice(0, -1)}` : "source")

const refusals: Record<string, (name: string, detail: string) => string> = {
  borrowed: (name, from) =>
    `${named(name)}: a clone that borrows objects from ${from} (git clone --shared); run ` +
    "`git repack -a -d && rm .git/objects/info/alternates`, or give a full clone",
  sparse: (name) =>
    `${named(name)}: a sparse checkout, in which files are missing; run \`git sparse-checkout disable\``,
  partial: (name) =>
    `${named(name)}: a partial clone (git clone --filter), in which history is missing; run \`git fetch --refetch --no-filter\``,
  unreadable: (name, error) => `${named(name)}: git cannot read it: ${error}`,
  control: (name) =>
    `source: the name ${JSON.stringify(name)} has a control character, which reports cannot show; rename it, or name it in .gitignore`,
  bytes: (name) => `source: the name ${JSON.stringify(name)} is not UTF-8; rename it, or name it in .gitignore`,
  reports: () =>
    `source: git tracks files in ${reportsFolder}/, where the pipeline writes its reports; rename this folder`,
}

/** Returns why the files in a folder that is checked, which `setting` names, are not all there. */
export function folderFaults({ links, records }: Checkout, setting: string, folder: string): string[] {
  const of = (kind: string): string[] => (records[kind] ?? []).map(([name = ""]) => name.replace(/\/$/, ""))
  const inside = links.filter(({ path }) => isIn(path, folder) && path !== folder)
  const found = [
    ...links
      .filter(({ path }) => isIn(folder, path))
      .map(({ path, target }) => `${path} is a symbolic link to ${target}; name the folder itself`),
    ...of("missing")
      .filter((path) => isIn(path, folder) || isIn(folder, path))
      .map((path) => `the submodule ${path} is not checked out; run \`git submodule update --init --recursive\``),
    ...of("nested")
      .filter((path) => isIn(path, folder) || isIn(folder, path))
      .map(
        (path) =>
          `${path} is a git repository of its own, so its files are not part of this one; ` +
          "make it a submodule, name it in .gitignore, or remove its .git",
      ),
    ...of("pointer")
      .filter((path) => isIn(path, folder))
      .map((path) => `${path} is a pointer of Git LFS instead of the file; run \`git lfs pull\``),
    ...inside
      .filter(({ leadsTo }) => leadsTo === undefined)
      .map(
        ({ path, target }) =>
          `${path} is a symbolic link to ${target}, outside of the repository; put the file itself there`,
      ),
  ]
  return found.slice(0, 3).map((fault) => `${setting}: ${fault}`)
}

/** Returns the files and folders outside of some folders that symbolic links in these lead to. */
export function linkedFrom({ links }: Checkout, folders: string[]): string[] {
  const all = new Set(folders)
  for (const folder of all)
    for (const { path, leadsTo, isBroken } of links) if (leadsTo && !isBroken && isIn(path, folder)) all.add(leadsTo)
  const outside = [...all].filter((one) => !folders.some((folder) => isIn(one, folder)))
  return outside.filter((one) => !outside.some((above) => above !== one && isIn(one, above))).sort()
}

/** Returns a path as a pattern that matches it alone. */
export function asPattern(path: string): string {
  return path.replace(/[*?[\]\\^!]/g, "\\$&")
}
