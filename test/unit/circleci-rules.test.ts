// The interpreter of CircleCI's rules: what it fills in, what it refuses, and what runs for a branch or tag.
import { describe, expect, it } from "vitest"
import { commandsOf, compile, ConfigError, ending, type Ref } from "../lib/circleci/compile"
import { evaluate, holds } from "../lib/circleci/expressions"

/** A configuration whose parts can be replaced. */
const configOf = (parts: Partial<Record<"head" | "commands" | "jobs" | "use", string>> = {}): string => `version: 2.1
${parts.head ?? ""}
commands:
  greet:
    parameters: { to: { type: string, default: World } }
    steps: [{ run: 'echo Hello << parameters.to >>' }]
${parts.commands ?? ""}
jobs:
  one:
    docker: [{ image: "cimg/base:2025.09" }]
    steps: [checkout, greet]
  two:
    parameters: { size: { type: enum, enum: [s, m] } }
    machine: { image: "ubuntu-2404:2025.09.1" }
    steps: [{ greet: { to: '<< parameters.size >>' } }]
${parts.jobs ?? ""}
workflows:
  main:
    jobs:
      - one
      - two: { size: s, requires: [one] }
${parts.use ?? ""}
`
const develop = { branch: "develop" }
const faultsOf = (text: string, ref: Ref = develop): string[] => {
  try {
    compile(text, ref)
  } catch (error) {
    return (error as ConfigError).faults
  }
  return []
}
const commandsIn = (text: string, ref: Ref = develop, given = {}): Record<string, string[]> =>
  Object.fromEntries(
    compile(text, ref, given).flatMap(({ jobs }) => jobs.map((job) => [job.name, commandsOf(job)] as const)),
  )
const job = (body: string): string => `  three:\n    docker: [{ image: x }]\n    steps:\n      - run: ${body}\n`
const three = (body: string) => ({ jobs: job(body), use: "      - three" })

describe("what is filled in", () => {
  it("puts commands in place, with defaults and arguments", () =>
    expect(commandsIn(configOf())).toEqual({ one: ["echo Hello World"], two: ["echo Hello s"] }))
  it.each([
    ["a pipeline value", "echo <<pipeline.git.branch>>", "echo develop"],
    ["an expression", `'echo << pipeline.git.branch == "develop" and "yes" or "no" >>'`, "echo yes"],
    ["an escaped <<", "cat \\<<EOF", "cat <<EOF"],
    ["an escaped backslash before a parameter", "echo C:\\\\<< pipeline.number >>", "echo C:\\42"],
    ["a redirection", "echo >> file", "echo >> file"],
    ["an input from a process", "read a < <(date)", "read a < <(date)"],
  ])("fills in %s", (_, body, command) => expect(commandsIn(configOf(three(body))).three).toEqual([command]))
  it("keeps the type of a value that stands alone", () => {
    const head = "parameters: { quick: { type: boolean, default: false } }"
    const jobs = `  three:
    docker: [{ image: x }]
    steps:
      - when: { condition: << pipeline.parameters.quick >>, steps: [{ run: quick }] }
      - unless: { condition: << pipeline.parameters.quick >>, steps: [{ run: slow }] }
`
    const text = configOf({ head, jobs, use: "      - three" })
    expect(commandsIn(text).three).toEqual(["slow"])
    expect(commandsIn(text, develop, { quick: true }).three).toEqual(["quick"])
  })
  it("takes steps and executors as parameters", () => {
    const text = `version: 2.1
executors:
  e: { parameters: { tag: { type: string } }, docker: [{ image: 'node:<< parameters.tag >>' }] }
jobs:
  j:
    parameters: { where: { type: executor }, after: { type: steps, default: [] } }
    executor: << parameters.where >>
    steps: [{ run: a }, { steps: << parameters.after >> }]
workflows:
  w: { jobs: [{ j: { where: { name: e, tag: "24" }, after: [{ run: b }], pre-steps: [{ run: first }] } }] }
`
    const [job] = compile(text, develop)[0]!.jobs
    expect(commandsOf(job!)).toEqual(["first", "a", "b"])
    expect(job!.build!.image).toBe("node:24")
  })
  it("makes a job for each combination of a matrix but the excluded ones", () => {
    const use = `      - two:
          name: two-<< matrix.size >>
          matrix: { parameters: { size: [s, m] }, exclude: [{ size: s }] }`
    expect(commandsIn(configOf({ use }))).toMatchObject({ "two-m": ["echo Hello m"] })
    expect(commandsIn(configOf({ use }))).not.toHaveProperty("two-s")
  })
  it("reads YAML 1.1 with anchors and merge keys", () => {
    const use =
      "      - three: &use { filters: { branches: { only: develop } } }\n      - one: { <<: *use, name: again }"
    expect(Object.keys(commandsIn(configOf({ jobs: job("x"), use })))).toContain("again")
  })
})

describe("what is refused", () => {
  it.each<[string, Partial<Record<"head" | "commands" | "jobs" | "use", string>>, string]>([
    [
      "a here-string",
      three(`read a <<< "$b"`),
      'jobs.three.steps[0].run.command: "read a <<< \\"$b\\"" is not allowed; every << begins a parameter and needs its >>',
    ],
    ["a here-string before a redirection", three(`read a <<< "$b" >> file`), "< is not expected there"],
    ["a here-document", three("cat <<EOF"), "<< of the shell is written \\<<"],
    [
      "a parameter that is not declared",
      three("echo << parameters.x >>"),
      "parameters.x is not declared; declared are none",
    ],
    [
      "a pipeline parameter that is not declared",
      three("echo << pipeline.parameters.x >>"),
      "pipeline.parameters.x is not declared",
    ],
    ["an unknown pipeline value", three("echo << pipeline.branch >>"), "pipeline.branch is not declared"],
    ["an empty parameter", three("echo << >>"), "it is empty"],
    ["an expression without an end", three(`'echo << "a" == >>'`), "it ends too early"],
    [
      "an unknown command",
      { jobs: job("x").replace("run: x", "fetch: x"), use: "      - three" },
      'jobs.three.steps[0]: "fetch" is not allowed; commands are greet, run, checkout',
    ],
    [
      "an unknown option of a step",
      { jobs: job("{ command: x, whn: always }"), use: "      - three" },
      'jobs.three.steps[0].run: "whn" is not allowed',
    ],
    [
      "a step without its path",
      { jobs: job("x").replace("run: x", "store_artifacts: {}"), use: "      - three" },
      "store_artifacts.path: nothing is not allowed",
    ],
    ["when: never", { jobs: job("{ command: x, when: never }"), use: "      - three" }, "always, on_success, on_fail"],
    [
      "an argument that a command does not have",
      { jobs: job("x").replace("run: x", "greet: { who: y }"), use: "      - three" },
      'greet: "who" is not allowed; the parameters are to',
    ],
    [
      "an argument of another type",
      { jobs: job("x").replace("run: x", "greet: { to: 5 }"), use: "      - three" },
      "greet.to: 5 is not allowed; a value of type string",
    ],
    [
      "a value outside of an enum",
      { use: "      - two: { name: x, size: xl }" },
      'main.jobs[2].two.size: "xl" is not allowed; one of s, m',
    ],
    [
      "a missing argument",
      { use: "      - two: { name: x }" },
      "main.jobs[2].two.size: nothing is not allowed; a enum is required",
    ],
    ["an unknown job", { use: "      - four" }, 'main.jobs[2].four: "four" is not allowed; jobs are one, two'],
    [
      "a job that requires an unknown one",
      { use: "      - one: { name: x, requires: [build] }" },
      'requires: "build" is not allowed; jobs of this workflow: one, two, x',
    ],
    [
      "an unknown status",
      { use: "      - one: { name: x, requires: [{ one: skipped }] }" },
      'requires.one: "skipped" is not allowed; success, failed',
    ],
    [
      "jobs in a circle",
      { use: "      - one: { name: a, requires: [b] }\n      - one: { name: b, requires: [a] }" },
      "jobs may not wait for each other in a circle",
    ],
    [
      "a name that two jobs have, if one requires it",
      { use: "      - one" },
      'requires: "one" is not allowed; jobs of this workflow: one-1, two, one-2',
    ],
    [
      "an approval that is a job",
      { use: "      - one: { name: x, type: approval }" },
      "an approval has a name that no job has",
    ],
    ["a context that is no name", { use: "      - one: { name: x, context: [[a]] }" }, "the name of a context"],
    ["a context twice", { use: "      - one: { name: x, context: [a, a] }" }, "each context once"],
    [
      "a serial group with a space",
      { use: "      - one: { name: x, serial-group: 'to prod' }" },
      'serial-group: "to prod" is not allowed; 1 to 512 letters',
    ],
    ["an empty serial group", { use: "      - one: { name: x, serial-group: '' }" }, "1 to 512 letters"],
    [
      "filters of another name",
      { use: "      - one: { name: x, filters: { branch: { only: a } } }" },
      'filters: "branch" is not allowed; branches, tags',
    ],
    ["a filter that is no map", { use: "      - one: { name: x, filters: { branches: [a] } }" }, "only, ignore"],
    [
      "no executor",
      { jobs: "  three: { steps: [checkout] }", use: "      - three" },
      "jobs.three: [] is not allowed; one of docker, machine, macos, executor",
    ],
    [
      "two executors",
      { jobs: "  three: { docker: [{ image: x }], machine: { image: y }, steps: [checkout] }", use: "      - three" },
      'jobs.three: ["docker","machine"] is not allowed',
    ],
    [
      "an unknown executor",
      { jobs: "  three: { executor: big, steps: [checkout] }", use: "      - three" },
      'jobs.three.executor: "big" is not allowed; executors are not declared',
    ],
    [
      "a machine without an image",
      { jobs: "  three: { machine: true, steps: [checkout] }", use: "      - three" },
      "an image, or the resource class of a runner",
    ],
    [
      "fixed addresses of a machine",
      { jobs: "  three: { machine: { image: x }, circleci_ip_ranges: true, steps: [checkout] }", use: "      - three" },
      "fixed addresses are for the docker executor without setup_remote_docker",
    ],
    [
      "fixed addresses with a remote Docker",
      {
        jobs: "  three: { docker: [{ image: x }], circleci_ip_ranges: true, steps: [setup_remote_docker] }",
        use: "      - three",
      },
      "fixed addresses are for the docker executor",
    ],
    [
      "a remote Docker on a machine",
      { jobs: "  three: { machine: { image: x }, steps: [setup_remote_docker] }", use: "      - three" },
      "a machine has Docker of its own",
    ],
    [
      "an unknown key of a job",
      { jobs: "  three: { docker: [{ image: x }], step: [checkout] }", use: "      - three" },
      'jobs.three: "step" is not allowed',
    ],
    [
      "a command that calls itself",
      { commands: "  loop: { steps: [loop] }", jobs: job("x").replace("run: x", "loop"), use: "      - three" },
      "without end",
    ],
    [
      "a parameter of an unknown type",
      { head: "parameters: { x: { type: number, default: 1 } }" },
      'parameters.x.type: "number" is not allowed; string, boolean, integer, enum',
    ],
    [
      "a pipeline parameter without a default",
      { head: "parameters: { x: { type: string } }" },
      "pipeline parameters need one",
    ],
    [
      "a default outside of its enum",
      { head: "parameters: { x: { type: enum, enum: [a], default: b } }" },
      "parameters.x.default",
    ],
    ["an orb", { head: "orbs: { node: circleci/node@7 }" }, "orbs"],
  ])("%s", (_, parts, expected) => expect(faultsOf(configOf(parts)).join("\n")).toContain(expected))
  it.each([
    ["another version", configOf().replace("2.1", "2"), "version: 2 is not allowed; 2.1"],
    ["a key twice", configOf({ head: "version: 2.1" }), "Map keys must be unique"],
    [
      "an empty condition",
      configOf().replace("    jobs:\n", "    when: { and: [] }\n    jobs:\n"),
      "and takes a list that is not empty",
    ],
    [
      "an unknown condition",
      configOf().replace("    jobs:\n", "    when: { equals: [1, 1] }\n    jobs:\n"),
      "one of and, or, not, equal, matches",
    ],
    ["no workflow", "version: 2.1\njobs: {}\n", "workflows: nothing is not allowed"],
  ])("%s", (_, text, expected) => expect(faultsOf(text).join("\n")).toContain(expected))
  it("shows all faults at once", () =>
    expect(faultsOf(configOf({ ...three("cat <<A"), head: "orbs: {}" })).length).toBe(2))
})

describe("who runs", () => {
  const use = (filters: string): string => configOf({ use: `      - one: { name: x, filters: ${filters} }` })
  it.each<[string, Ref, boolean]>([
    ["{ branches: { only: develop } }", { branch: "develop" }, true],
    ["{ branches: { only: develop } }", { branch: "developer" }, false],
    ["{ branches: { only: /release.*/ } }", { branch: "release/1" }, true],
    ["{ branches: { only: /release/ } }", { branch: "release/1" }, false],
    ["{ branches: { only: [a, /b.*/] } }", { branch: "bc" }, true],
    ["{ branches: { ignore: master } }", { branch: "master" }, false],
    ["{ branches: { ignore: master } }", { branch: "x" }, true],
    ["{ branches: { only: develop } }", { tag: "v1" }, false],
    ["{ tags: { only: /v.*/ } }", { tag: "v1" }, true],
    ["{ tags: { only: /v.*/ } }", { tag: "1" }, false],
    ["{ tags: { only: /v.*/ } }", { branch: "x" }, true],
    ["{ branches: { ignore: /.*/ }, tags: { only: /v.*/ } }", { branch: "x" }, false],
    ["'pipeline.git.branch starts-with \"rel\"'", { branch: "release/1" }, true],
    ["'pipeline.git.tag matches /v.*/'", { tag: "v1" }, true],
  ])("%s of %j: %s", (filters, ref, runs) =>
    expect(Object.keys(commandsIn(use(filters), ref)).includes("x")).toBe(runs),
  )
  it("leaves a job out if all that it requires are", () => {
    const text = configOf({
      use: `      - one: { name: x, filters: { branches: { only: a } } }
      - one: { name: after, requires: [x] }
      - one: { name: z, requires: [x, one] }`,
    })
    expect(Object.keys(commandsIn(text))).toEqual(["one", "two", "z"])
    expect(Object.keys(commandsIn(text, { branch: "a" })).sort()).toEqual(["after", "one", "two", "x", "z"])
  })
  it.each([
    ["when: { equal: [a, << pipeline.git.branch >>] }", []],
    ["unless: { equal: [a, << pipeline.git.branch >>] }", ["main"]],
    ['when: pipeline.git.branch == "develop"', ["main"]],
    ["when: { matches: { pattern: dev, value: << pipeline.git.branch >> } }", []],
    ["when: { or: [false, { not: { and: [true, false] } }] }", ["main"]],
  ])("%s", (condition, expected) =>
    expect(
      compile(configOf().replace("    jobs:\n", `    ${condition}\n    jobs:\n`), develop).map(({ name }) => name),
    ).toEqual(expected),
  )
  it("shows a workflow as green though a serial group has skipped a job, unless one that requires this fails", () => {
    const gate = "      - one: { name: gate, requires: [{ two: not_run }] }"
    const [plain] = compile(configOf(), develop)
    const [gated] = compile(configOf({ use: gate }), develop)
    expect(ending(plain!, { two: "not_run" })).toEqual({ verdict: "green", ran: ["one"] })
    expect(ending(gated!, { two: "not_run", gate: "failed" })).toEqual({ verdict: "red", ran: ["one", "gate"] })
    expect(ending(gated!, { gate: "failed" })).toEqual({ verdict: "green", ran: ["one", "two"] })
  })
})

describe("an expression", () => {
  const names: Record<string, unknown> = { a: "x", n: 3, t: true, f: false, empty: "" }
  it.each([
    ['a == "x"', true],
    ["n == 3 and not f", true],
    ["not f and f", false],
    ["not (t and f)", true],
    ['empty or "other"', "other"],
    ['f and "a" or "b"', "b"],
    ["n >= 3 and n < 4", true],
    ['"3" == n', false],
    ["a matches /[xy]/", true],
    ['"xz" matches /[xy]/', false],
  ])("%s is %j", (text, value) => expect(evaluate(text, (name) => names[name])).toBe(value))
  it.each([
    ["n starts-with 3", "values of type string"],
    ["a > 1", "values of type number"],
    ["(t", "a ) is missing"],
    ["t t", "t is not expected there"],
    ["and t", "and is not expected there"],
    ["$a", "no expression begins with $a"],
  ])("%s is refused", (text, reason) => expect(() => evaluate(text, (name) => names[name])).toThrow(reason))
  it("of logic takes no list, and one operator", () => {
    expect(() => holds([])).toThrow("a list is no logic statement")
    expect(() => holds({ and: [true], or: [true] })).toThrow("one of and, or, not, equal, matches")
    expect(() => holds({ matches: { pattern: 1 } })).toThrow("pattern and value")
    expect(holds("")).toBe(false)
  })
})
