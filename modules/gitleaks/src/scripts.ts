// The script that runs beside gitleaks, passed to bash -c unchanged.

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
