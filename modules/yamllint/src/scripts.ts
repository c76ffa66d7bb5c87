// The script that runs in the container with `bash -c`, in the folder of the source.

/**
 * Lists the YAML files and checks them. $1: the configuration for a source that has none of its own; further arguments
 * go to yamllint. The exit code is 0 whatever it finds: the module reads the findings.
 */
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
