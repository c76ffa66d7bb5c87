// The scripts that run inside the containers, passed to bash -c unchanged. The working directory is the root module's folder.

/** Prints the messages of Terraform's JSON output, and writes the JSON itself to the file $1. */
const readable = String.raw`
readable() { tee "$1" | sed -u -n 's/^.*"@message":"\(\([^"\\]\|\\.\)*\)".*$/\1/p'; }
`

/**
 * Interrupts terraform (SIGINT) after $1 seconds: it then finishes its current operations, writes the state and gives the lock
 * back. If that takes more than two minutes, it is killed.
 */
const limited = `
limited() { local limit=$1; shift; timeout --signal=INT --kill-after=120 "$limit" terraform "$@"; }
`

/** Seconds beyond its limit that a step may take, so that an interrupted terraform can end in order. */
export const graceful = 150

/** Initializes with the provider versions of .terraform.lock.hcl, never newer ones. The arguments are flags of the backend. */
export const initScript = `
exec terraform init -input=false -no-color -lockfile=readonly "$@"
`

/** Arguments of find that leave out hidden files and folders, as `terraform fmt` does. */
const shown = "-mindepth 1 -name '.*' -prune -o -type f"

/** Arguments of find for OpenTofu's files, which Terraform itself does not format. */
const ofTofu = "-name '*.tofu' -o -name '*.tofutest.hcl' -o -name '*.tofumock.hcl'"

/** Arguments of find for all files with the layout of `terraform fmt`. */
const formatted = `-name '*.tf' -o -name '*.tfvars' -o -name '*.tftest.hcl' -o -name '*.tfmock.hcl' -o ${ofTofu}`

/**
 * A loop of bash over files that find finds: \`format FILE\` prints a file as it should be, and fails for one that it cannot
 * read. It sets status to 2 then, and to 3 for a file that is not formatted, whose diff it prints.
 */
const compared = (names: string): string => `
while IFS= read -r -d '' file; do
  if ! format "$file" > /tmp/formatted; then status=2; continue; fi
  if ! cmp -s "$file" /tmp/formatted; then
    if [ "$status" = 0 ]; then status=3; fi
    echo "$file"
    diff -u --label "old/$file" --label "new/$file" "$file" /tmp/formatted
  fi
done < <(find . ${shown} \\( ${names} \\) -printf '%P\\0' | sort -z)
exit $status
`

/** Prints the files that are not formatted, each with a diff. Exit code 2: a file cannot be read; 3: one is not formatted. */
export const fmtScript = `
format() { terraform fmt -no-color - < "$1" 2> /tmp/errors || { sed "s|<stdin>|$1|" /tmp/errors >&2; false; }; }
terraform fmt -check -recursive -diff -no-color .
status=$?
${compared(ofTofu)}`

/** The same with hclfmt, which formats what it cannot parse, too. */
export const hclfmtScript = `
format() { hclfmt -check "$1" > /dev/null && hclfmt "$1"; }
status=0
${compared(formatted)}`

/** Formats all files of the folder. */
export const fixScript = `
terraform fmt -recursive -no-color . || exit
find . ${shown} \\( ${ofTofu} \\) -print0 | while IFS= read -r -d '' file; do
  terraform fmt -no-color - < "$file" > /tmp/formatted || exit
  cmp -s "$file" /tmp/formatted || cat /tmp/formatted > "$file"
done
`

/** The same with hclfmt. */
export const hclfmtFixScript = `
find . ${shown} \\( ${formatted} \\) -print0 | xargs -0 -r hclfmt -w
`

/** Validates; the JSON goes to the reports. */
export const validateScript = `
terraform validate -json > /report/validate.json
code=$?
if [ "$code" = 0 ]; then echo valid; else cat /report/validate.json; fi
exit "$code"
`

/** Runs all of tests/*.tftest.hcl within $1 seconds. */
export const testScript = `${limited}
limited "$1" test -no-color -junit-xml=/report/junit.xml
`

/**
 * Plans within $1 seconds; the other arguments are flags of terraform. The plan itself, which has values of sensitive arguments,
 * stays in the container.
 */
export const planScript = `${readable}${limited}
limit=$1; shift
limited "$limit" plan -json -input=false -out=/tmp/plan "$@" | readable /report/plan.jsonl
code=\${PIPESTATUS[0]}
if [ "$code" = 0 ]; then terraform show -no-color /tmp/plan > /report/plan.txt || code=1; fi
exit "$code"
`

/**
 * Plans, and applies exactly that plan, unless it would destroy more than $2 resources (exit code 3). $1: seconds for each of the
 * two; $3: the flag of the lock's time limit; the other arguments are flags of terraform.
 */
export const applyScript = `${readable}${limited}
limit=$1; most=$2; lock=$3; shift 3
limited "$limit" plan -json -input=false -out=/tmp/plan "$lock" "$@" | readable /report/plan.jsonl
code=\${PIPESTATUS[0]}
if [ "$code" != 0 ]; then exit "$code"; fi
terraform show -no-color /tmp/plan > /report/plan.txt || exit 1
destroys=$(sed -n '/"type":"change_summary"/s/.*"remove":\\([0-9]*\\).*/\\1/p' /report/plan.jsonl)
if [ "\${destroys:-0}" -gt "$most" ]; then
  echo "not applied: the plan destroys $destroys resources, and $most are allowed"; exit 3
fi
limited "$limit" apply -json -input=false "$lock" /tmp/plan | readable /report/apply.jsonl
exit "\${PIPESTATUS[0]}"
`

/** Removes the lock with the ID $1. */
export const unlockScript = `
exec terraform force-unlock -force "$1"
`

/** checkov on the whole source: as text, JSON, SARIF and JUnit. It contacts no server. */
export const securityScript = `
mkdir -p /report
checkov --directory . --framework terraform --skip-download --compact \\
  --output cli --output json --output sarif --output junitxml \\
  --output-file-path console,/report/checkov.json,/report/checkov.sarif,/report/junit.xml "$@"
`
