// The scripts that run beside gitleaks, passed to bash -c unchanged.

/**
 * Leaves what git tracks, and what it neither tracks nor ignores, in the repository that is the working directory. A file that is
 * tracked in an ignored folder stays.
 */
export const sourcesScript = `
export GIT_INDEX_FILE=/tmp/index
git rev-parse --verify -q HEAD > /tmp/head && git read-tree HEAD
git ls-files -z --others --ignored --exclude-standard --directory | xargs -0 -r rm -rf --
rm -rf .git
`

/**
 * Reads candidates (candidateLines() in read.ts) and prints the index of each whose text in the files is the same as in the
 * commit that accepts it. The working directory is the repository. Nothing of the text is printed.
 */
export const acceptScript = `
while IFS=$'\\t' read -r index commit line start end file; do
  now=$(sed -n "$start,$end p" "$file" 2> /dev/null)
  then=$(git show "$commit:$file" 2> /dev/null | sed -n "$line,$((line + end - start)) p")
  if [ -n "$now" ] && [ "$now" = "$then" ]; then echo "$index"; fi
done
`
