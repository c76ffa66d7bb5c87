// Options of `npm run pipeline`: one flat list, mapped to the constructor, the builders and the function of `ci`.

/** Options of each builder: the flat name, and the name that the builder gives it. */
export const builders: Record<string, Record<string, string>> = {
  "with-private": { netrc: "netrc", goproxy: "goproxy", goprivate: "goprivate", npmrc: "npmrc" },
  "with-registry": { registry: "service", "registry-user": "user", "registry-password": "password" },
  "with-record-key": { "record-key": "key" },
  "with-aws": { "aws-access-key": "access-key", "aws-secret-key": "secret-key", "aws-session-token": "session-token" },
  "with-cluster": { kubeconfig: "kubeconfig", cluster: "service" },
  "with-secret": { secret: "" },
  "with-slack": { "slack-webhook": "webhook", "slack-token": "token", job: "job" },
  "with-forge": { "forge-token": "token", pull: "pull", forge: "service" },
}

/** What a pipeline takes: builders, and options of its function. */
interface Pipeline {
  builders: string[]
  options: string[]
}

const environment: Pipeline = {
  builders: ["with-registry", "with-record-key", "with-aws", "with-cluster", "with-secret", "with-slack"],
  options: ["release", "faults"],
}
const promoted: Pipeline = {
  ...environment,
  options: [...environment.options, "ticket", "override-by", "override-reason"],
}
const checkOptions = ["only", "skip", "attempt", "grace", "base", "previous", "sonar-host-url", "sonar-token", "all"]

/** The functions of `ci` that leave reports, with what each takes. */
export const pipelines: Record<string, Pipeline> = {
  pr: {
    builders: ["with-private", "with-registry", "with-record-key", "with-aws", "with-slack", "with-forge"],
    options: checkOptions,
  },
  baseline: { builders: ["with-private"], options: [] },
  publish: { builders: ["with-private", "with-registry", "with-record-key", "with-aws", "with-slack"], options: [] },
  dev: { ...environment, builders: ["with-private", ...environment.builders] },
  stage: promoted,
  prod: promoted,
  rollback: {
    builders: ["with-registry", "with-record-key", "with-aws", "with-cluster", "with-slack"],
    options: ["environment"],
  },
  rehearse: { builders: ["with-private"], options: ["faults", "short"] },
}

/** Options without a value. */
const switches = ["all", "short"]

/** An option on the command line: its name without dashes, and its value if it has one. */
interface Option {
  name: string
  value?: string
}

/** Returns the options of a pipeline as they are written, for help and errors. */
export function optionsOf(pipeline: string): string[] {
  const { builders: used, options } = pipelines[pipeline]!
  return [...options, ...used.flatMap((builder) => Object.keys(builders[builder]!))].map((name) => `--${name}`)
}

/**
 * Returns the words of `dagger call` after the module for flat options of a pipeline: `--source`, builders with their options, the
 * function with its own. Throws if an option is unknown or lacks its value.
 */
export function callOf(pipeline: string, source: string, args: string[]): string[] {
  const options = read(pipeline, args)
  const words = [`--source=${source}`]
  for (const builder of pipelines[pipeline]!.builders) words.push(...builderCalls(builder, options))
  const own = options.filter(({ name }) => pipelines[pipeline]!.options.includes(name))
  return [...words, pipeline, ...own.map(({ name, value }) => flag(name, value))]
}

const flag = (name: string, value?: string): string => (value === undefined ? `--${name}` : `--${name}=${value}`)

function builderCalls(builder: string, options: Option[]): string[] {
  const names = builders[builder]!
  const given = options.filter(({ name }) => name in names)
  if (builder === "with-secret") return given.flatMap(({ value }) => secretCall(value!))
  return given.length ? [builder, ...given.map(({ name, value }) => flag(names[name]!, value))] : []
}

function secretCall(text: string): string[] {
  const [, name, value] = /^([\w.-]+)=(.+)$/.exec(text) ?? []
  if (!name) throw new Error(`--secret: NAME=VALUE is expected, for example --secret db_password=env://DB_PASSWORD`)
  return ["with-secret", `--name=${name}`, `--value=${value!}`]
}

/** Reads `--name=value`, `--name value` and switches. */
function read(pipeline: string, args: string[]): Option[] {
  const allowed = optionsOf(pipeline)
  const found: Option[] = []
  for (let at = 0; at < args.length; at++) {
    const [word, name, value] = /^--([\w-]+)(?:=([\s\S]*))?$/.exec(args[at]!) ?? [args[at]!]
    if (!name || !allowed.includes(`--${name}`))
      throw new Error(
        `${pipeline}: ${word} is not an option; allowed: ${["--source", "--reports", ...allowed].join(" ")}`,
      )
    if (value !== undefined || switches.includes(name)) found.push({ name, value })
    else if (args[at + 1] === undefined) throw new Error(`${pipeline}: ${word} has no value`)
    else found.push({ name, value: args[++at] })
  }
  return found
}
