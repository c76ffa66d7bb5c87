// The programs that run in the container, in the folder of the source.

/**
 * Runs yamllint itself, and writes what it found as JSON: its own formats are text, in which a file's name can be anything, and
 * one file that it cannot read ends it before it reports another. $1: the report's path, $2: the configuration; the rest are
 * yamllint's arguments.
 *
 * The report has `files` (their number), `problems`, and `crashes`: files at which yamllint itself failed, with the reason.
 */
const program = `
import io, json, sys
from yamllint import cli, linter

report, config, *args = sys.argv[1:]
found = {"files": 0, "problems": [], "crashes": []}
run = linter.run

def problem(file, level, text, rule, line=1, column=1):
    found["problems"].append({"file": file, "line": line, "column": column, "level": level, "text": text, "rule": rule})

def opened(path, mode="r"):
    try:
        file = open(path, mode)
    except OSError as error:
        file = io.BytesIO(b"")
        problem(path, "error", "cannot be read: " + (error.strerror or str(error)), "file")
    return file

def checked(file, conf, path):
    found["files"] += 1
    try:
        return list(run(file, conf, path))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\\n") + 1
        problem(path, "error", "cannot be read: not " + error.encoding.upper(), "encoding", line)
    except Exception as error:
        if hasattr(error, "position") and hasattr(error, "character"):
            file.seek(0)
            character = error.character if isinstance(error.character, int) else ord(error.character)
            line = file.read().decode("utf-8", "replace")[: error.position].count("\\n") + 1
            problem(path, "error", "cannot be read: the character #x%04x is not allowed in YAML" % character, "encoding", line)
        else:
            found["crashes"].append({"file": path, "error": type(error).__name__ + ": " + str(error)})
    return []

def shown(problems, file, args_format, no_warn):
    levels = [0]
    for one in problems:
        levels.append(cli.PROBLEM_LEVELS[one.level])
        if one.level == "error" or not no_warn:
            problem(file, one.level, one.desc, one.rule or "syntax", one.line, one.column)
    return max(levels)

cli.open, cli.show_problems = opened, shown
cli.linter = type("Linter", (), {"run": staticmethod(checked)})
status = 0
try:
    cli.run(["-c", config, *args, "."])
except SystemExit as end:
    status = end.code or 0
if status not in (0, 1, 2):
    sys.exit(3)
for one in found["problems"] + found["crashes"]:
    one["file"] = one["file"].removeprefix("./")
with open(report, "w") as file:
    json.dump(found, file, indent=1)
lines = ["%(file)s:%(line)d:%(column)d: [%(level)s] %(text)s (%(rule)s)" % one for one in found["problems"]]
lines += ["%(file)s: %(error)s" % one for one in found["crashes"]]
text = "".join(line + "\\n" for line in lines)
with open(report.replace(".json", ".txt"), "w") as file:
    file.write(text)
print(text, end="")
`

/**
 * Checks the YAML files with the Python that yamllint is installed for. $1: the configuration for a source that has none of its
 * own; further arguments go to yamllint. The exit code is 0 whatever it finds: the module reads the report.
 */
export const lintScript = `
own=
for file in .yamllint .yamllint.yaml .yamllint.yml; do if [ -f "$file" ]; then own=$file; break; fi; done
if [ -z "$own" ]; then printf '%s' "$1" > /tmp/errors.yaml; fi
config=\${own:-/tmp/errors.yaml}; shift
echo "$own" > /report/config.txt
python=$(sed -n '1s/^#! *//p' "$(command -v yamllint)")
\${python:-python3} -c '${program}' /report/yamllint.json "$config" "$@"
`
