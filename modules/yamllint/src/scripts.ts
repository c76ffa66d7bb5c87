// What runs inside the container, given to bash -c as it stands; the source is the working directory.

/** Lists the files that are looked at, and looks at them. $1: the configuration that is used where the source has none of its own. Exit code 0 whatever is found: the findings are read. */
export const lintScript = `
own=
for file in .yamllint .yamllint.yaml .yamllint.yml; do if [ -f "$file" ]; then own=$file; break; fi; done
if [ -z "$own" ]; then printf '%s' "$1" > /tmp/errors.yaml; fi
config=\${own:-/tmp/errors.yaml}; shift
echo "$own" > /report/config.txt
yamllint -c "$config" --list-files . > /report/files.txt || exit 2
yamllint -c "$config" -f parsable "$@" . > /report/yamllint.txt
code=$?
cat /report/yamllint.txt
if [ "$code" -gt 2 ]; then exit "$code"; fi
`
