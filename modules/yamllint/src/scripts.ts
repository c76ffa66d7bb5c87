// The script that runs in the container with `bash -c`, in the folder of the source.

/**
 * Lists the YAML files and checks them. $1: the configuration for a source that has none of its own; further arguments
 * go to yamllint. The exit code is 0 whatever it finds: the module reads the findings.
 *
 * yamllint ends with a traceback at the first file that it cannot decode, and reports nothing then. The files are checked
 * one by one in that case, and the undecodable ones are findings. Exit code 3: yamllint crashed for another reason.
 */
export const lintScript = `
own=
for file in .yamllint .yamllint.yaml .yamllint.yml; do if [ -f "$file" ]; then own=$file; break; fi; done
if [ -z "$own" ]; then printf '%s' "$1" > /tmp/errors.yaml; fi
config=\${own:-/tmp/errors.yaml}; shift
echo "$own" > /report/config.txt
yamllint -c "$config" --list-files . > /report/files.txt || exit 2
yamllint -c "$config" -f parsable "$@" . > /report/yamllint.txt 2> /tmp/errors.txt
code=$?
if grep -q '^Traceback' /tmp/errors.txt; then
  while IFS= read -r file; do
    yamllint -c "$config" -f parsable "$@" "$file" 2> /tmp/errors.txt && continue
    if grep -q '^UnicodeDecodeError' /tmp/errors.txt; then
      byte=$(sed -n 's/^UnicodeDecodeError.* in position \\([0-9]*\\).*/\\1/p' /tmp/errors.txt)
      line=$(head -c "\${byte:-0}" "$file" | wc -l)
      echo "$file:$((line + 1)):1: [error] cannot be read: not UTF-8 (encoding)"
    elif grep -q '^Traceback' /tmp/errors.txt; then
      echo "$file" >> /tmp/crashed.txt
      cat /tmp/errors.txt >&2
    fi
  done < /report/files.txt > /report/yamllint.txt
  code=0
  if [ -f /tmp/crashed.txt ]; then code=3; fi
else
  cat /tmp/errors.txt >&2
fi
cat /report/yamllint.txt
if [ "$code" -gt 2 ]; then exit "$code"; fi
`
