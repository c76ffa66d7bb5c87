// What runs inside the containers. Each script is given to bash -c as it stands; the root module's folder is the working directory.

/** The lines of Terraform's JSON output as a person reads them; the JSON itself goes to the file $1. */
const readable = String.raw`
readable() { tee "$1" | sed -u -n 's/^.*"@message":"\(\([^"\\]\|\\.\)*\)".*$/\1/p'; }
`

/** Ends terraform by SIGINT after $1 seconds: it then finishes what it is at, writes the state and gives the lock back. Only when that takes two minutes is it killed. */
const limited = `
limited() { local limit=$1; shift; timeout --signal=INT --kill-after=120 "$limit" terraform "$@"; }
`

/** Seconds that a step may take beyond its limit, so that terraform can end in order. */
export const graceful = 150

/** The provider versions of .terraform.lock.hcl, none newer; the arguments say which backend. */
export const initScript = `
exec terraform init -input=false -no-color -lockfile=readonly "$@"
`

/** Names the files that are not formatted, with what would change. */
export const fmtScript = `
exec terraform fmt -check -recursive -diff -no-color .
`

/** The same by hclfmt, in the same form. */
export const hclfmtScript = `
status=0
while IFS= read -r -d '' file; do
  if ! hclfmt "$file" > /tmp/formatted; then status=2; continue; fi
  if ! cmp -s "$file" /tmp/formatted; then
    if [ "$status" = 0 ]; then status=3; fi
    echo "$file"
    diff -u --label "old/$file" --label "new/$file" "$file" /tmp/formatted
  fi
done < <(find . -type f \\( -name '*.tf' -o -name '*.tfvars' -o -name '*.tftest.hcl' -o -name '*.tfmock.hcl' \\) -printf '%P\\0' | sort -z)
exit $status
`

/** Formats all files. */
export const fixScript = `
exec terraform fmt -recursive -no-color .
`

export const hclfmtFixScript = `
find . -type f \\( -name '*.tf' -o -name '*.tfvars' -o -name '*.tftest.hcl' -o -name '*.tfmock.hcl' \\) -print0 | xargs -0 -r hclfmt -w
`

export const validateScript = `
terraform validate -json > /report/validate.json
code=$?
if [ "$code" = 0 ]; then echo valid; else cat /report/validate.json; fi
exit "$code"
`

/** All of tests/*.tftest.hcl; $1: seconds. */
export const testScript = `${limited}
limited "$1" test -no-color -junit-xml=/report/junit.xml
`

/** Makes a plan, of which the reports hold no values of sensitive arguments: the plan itself stays in the container. $1: seconds; more arguments are terraform's. */
export const planScript = `${readable}${limited}
limit=$1; shift
limited "$limit" plan -json -input=false -out=/tmp/plan "$@" | readable /report/plan.jsonl
code=\${PIPESTATUS[0]}
if [ "$code" = 0 ]; then terraform show -no-color /tmp/plan > /report/plan.txt || code=1; fi
exit "$code"
`

/** Makes a plan and applies that very plan, unless it would destroy more than $2 resources (exit code 3). $1: seconds for each of the two. */
export const applyScript = `${readable}${limited}
limit=$1; most=$2; lock=$3; shift 3
limited "$limit" plan -json -input=false -out=/tmp/plan "$lock" "$@" | readable /report/plan.jsonl
code=\${PIPESTATUS[0]}
if [ "$code" != 0 ]; then exit "$code"; fi
terraform show -no-color /tmp/plan > /report/plan.txt || exit 1
destroys=$(sed -n '/"type":"change_summary"/s/.*"remove":\\([0-9]*\\).*/\\1/p' /report/plan.jsonl)
if [ "\${destroys:-0}" -gt "$most" ]; then echo "not applied: the plan destroys $destroys resources, and $most are allowed"; exit 3; fi
limited "$limit" apply -json -input=false "$lock" /tmp/plan | readable /report/apply.jsonl
exit "\${PIPESTATUS[0]}"
`

export const unlockScript = `
exec terraform force-unlock -force "$1"
`

/** checkov on the whole source: as text, JSON, SARIF and JUnit. It asks no server. */
export const securityScript = `
mkdir -p /report
checkov --directory . --framework terraform --skip-download --compact \\
  --output cli --output json --output sarif --output junitxml \\
  --output-file-path console,/report/checkov.json,/report/checkov.sarif,/report/junit.xml "$@"
`
