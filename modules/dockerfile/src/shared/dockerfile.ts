// Generated from modules/shared/dockerfile.ts by `npm run sync`; do not edit.
// Reads Dockerfiles: stages, targets, base images, and the instructions one by one.

/** One instruction of a Dockerfile. */
export interface Instruction {
  /** In capitals: `RUN`. */
  word: string
  /** What follows the word, on one line. */
  text: string
  /** `--mount=…`, `--from=…`: the flags before the arguments. */
  flags: string[]
  /** The first line, from 1. */
  line: number
  /** The last line, from 1. */
  end: number
  /** The number of its stage, from 0; -1 before the first FROM. */
  stage: number
  /** Whether it is followed by a document (`<<EOF`). */
  hasDocument: boolean
}

/** One stage of a Dockerfile: from a FROM to the next one. */
export interface BuildStage {
  /** Its name in small letters; empty if it has none. */
  name: string
  /** The image or stage that it begins with. */
  base: string
  /** The value of `--platform`; empty if there is none. */
  platform: string
  line: number
}

export interface Dockerfile {
  instructions: Instruction[]
  stages: BuildStage[]
}

/** Reads a Dockerfile. What is none has no stage. */
export function parseDockerfile(text: string): Dockerfile {
  const escape = /^#\s*escape\s*=\s*`\s*$/im.test(directivesOf(text)) ? "`" : "\\"
  const lines = text.split(/\r?\n/)
  const instructions: Instruction[] = []
  const stages: BuildStage[] = []
  for (let at = 0; at < lines.length;) {
    if (isIgnored(lines[at]!)) {
      at++
      continue
    }
    const read = instructionAt(lines, at, escape)
    if (read.word === "FROM") stages.push(stageOf(read))
    instructions.push({ ...read, stage: stages.length - 1 })
    at = read.end
  }
  return { instructions, stages }
}

/** The comments at the beginning, which may be directives for the parser. */
function directivesOf(text: string): string {
  return /^(?:#.*(?:\r?\n|$))*/.exec(text)![0]
}

function isIgnored(line: string): boolean {
  return /^\s*(#|$)/.test(line)
}

function instructionAt(lines: string[], start: number, escape: string): Omit<Instruction, "stage"> {
  const parts: string[] = []
  let at = start
  for (; at < lines.length; at++) {
    const line = lines[at]!
    // Comments and empty lines inside an instruction are no part of it.
    if (at > start && isIgnored(line)) continue
    const trimmed = line.trimEnd()
    const goesOn = trimmed.endsWith(escape)
    parts.push((goesOn ? trimmed.slice(0, -1) : trimmed).trim())
    if (!goesOn) {
      at++
      break
    }
  }
  const whole = parts.join(" ").trim()
  const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(whole) ?? []
  const ends = /^(?:RUN|COPY|ADD)$/i.test(word) ? documentsOf(rest) : []
  for (const { end, indented } of ends) {
    while (at < lines.length && (indented ? lines[at]!.replace(/^\t+/, "") : lines[at]!) !== end) at++
    at++
  }
  const { flags, text } = flagsOf(rest)
  const end = Math.min(at, lines.length)
  return { word: word.toUpperCase(), text, flags, line: start + 1, end, hasDocument: ends.length > 0 }
}

/** The ends of the documents that an instruction opens: `<<EOF`, `<<-"EOF"`. */
function documentsOf(text: string): { end: string; indented: boolean }[] {
  return [...text.matchAll(/(?<![<\w])<<(-?)(["']?)([A-Za-z_]\w*)\2/g)].map(([, dash, , end]) => ({
    end: end!,
    indented: dash === "-",
  }))
}

function flagsOf(rest: string): { flags: string[]; text: string } {
  const flags: string[] = []
  let text = rest
  for (let match = /^(--[a-z-]+(?:=\S*)?)\s+/.exec(text); match; match = /^(--[a-z-]+(?:=\S*)?)\s+/.exec(text)) {
    flags.push(match[1]!)
    text = text.slice(match[0].length)
  }
  return { flags, text }
}

function stageOf({ text, flags, line }: Pick<Instruction, "text" | "flags" | "line">): BuildStage {
  const [base = "", as = "", name = ""] = text.split(/\s+/)
  return {
    name: as.toLowerCase() === "as" ? name.toLowerCase() : "",
    base,
    platform: valueOf(flags, "platform"),
    line,
  }
}

function valueOf(flags: string[], name: string): string {
  return flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3) ?? ""
}

/** The number of the stage that is built: that of the target, by name or number, or the last one; -1 if there is none. */
export function stageOfTarget({ stages }: Dockerfile, target: string): number {
  if (target === "") return stages.length - 1
  const named = stages.findLastIndex(({ name }) => name === target.toLowerCase())
  return named >= 0 || !/^\d+$/.test(target) ? named : Number(target) < stages.length ? Number(target) : -1
}

/** What is wrong with a Dockerfile and a target of it, in words; empty if nothing is. */
export function targetFault(text: string, target: string): string {
  const dockerfile = parseDockerfile(text)
  if (dockerfile.stages.length === 0) return "it has no FROM, so it is no Dockerfile"
  if (stageOfTarget(dockerfile, target) >= 0) return ""
  const names = dockerfile.stages.map(({ name }) => name).filter((name) => name !== "")
  return `the target ${JSON.stringify(target)} is not in it; it has: ${names.join(", ") || "no stage with a name (FROM … AS name)"}`
}

/** The numbers of the stages that a target needs, in the order of the file. */
export function neededStages(dockerfile: Dockerfile, target: string): number[] {
  const { stages, instructions } = dockerfile
  const needed = new Set<number>()
  const visit = (number: number): void => {
    if (number < 0 || needed.has(number)) return
    needed.add(number)
    const earlier = (name: string): number =>
      /^\d+$/.test(name)
        ? Number(name)
        : stages.slice(0, number).findLastIndex((one) => one.name === name.toLowerCase())
    visit(earlier(stages[number]!.base))
    for (const { stage, flags } of instructions) {
      if (stage !== number) continue
      const from = [
        valueOf(flags, "from"),
        ...flags.map((flag) => /^--mount=(?:.*,)?from=([^,]+)/.exec(flag)?.[1] ?? ""),
      ]
      for (const name of from) if (name !== "") visit(earlier(name))
    }
  }
  visit(stageOfTarget(dockerfile, target))
  return [...needed].sort((a, b) => a - b)
}

/** The images that the stages of a target begin with or copy from; without those whose names hold variables. */
export function baseImages(dockerfile: Dockerfile, target = ""): string[] {
  const { stages, instructions } = dockerfile
  const needed = neededStages(dockerfile, target)
  const own = new Set(stages.map(({ name }) => name).filter((name) => name !== ""))
  const named = [
    ...needed.map((number) => stages[number]!.base),
    ...instructions.filter(({ stage }) => needed.includes(stage)).map(({ flags }) => valueOf(flags, "from")),
  ]
  const isImage = (name: string) =>
    !["", "scratch"].includes(name) && !/\$|^\d+$/.test(name) && !own.has(name.toLowerCase())
  return [...new Set(named.filter(isImage))]
}

/** Whether a stage runs on the machine that builds, whatever the image is for: `FROM --platform=$BUILDPLATFORM`. */
export function runsOnBuilder({ stages }: Dockerfile, number: number): boolean {
  const { platform, base } = stages[number]!
  if (/^\$\{?BUILDPLATFORM\}?$/.test(platform)) return true
  const from = stages.slice(0, number).findLastIndex(({ name }) => name !== "" && name === base.toLowerCase())
  return platform === "" && from >= 0 && runsOnBuilder({ stages, instructions: [] }, from)
}

/** The instruction as it is named in reasons: its word and arguments, shortened. */
export function titleOf({ word, text }: Pick<Instruction, "word" | "text">): string {
  const whole = `${word} ${text}`.replace(/\s+/g, " ").trim()
  return whole.length > 120 ? `${whole.slice(0, 119)}…` : whole
}

/**
 * The text without a directive that names the official frontend (`# syntax=docker/dockerfile:1`): the engine's own one reads
 * the same language, and the image of the official one need not be reachable.
 */
export function withOwnFrontend(text: string): string {
  const directives = directivesOf(text)
  const official = /^#\s*syntax\s*=\s*(?:docker\.io\/)?docker\/dockerfile(?::1(?:\.\d+){0,2})?\s*(?:\r?\n|$)/im
  return directives.replace(official, "") + text.slice(directives.length)
}

/** The text up to an instruction, and with it: what is built of it ends with that instruction's stage. */
export function textUntil(text: string, { end }: Pick<Instruction, "end">): string {
  return `${text.split(/\r?\n/).slice(0, end).join("\n")}\n`
}

/** Where a speaking instruction (withWords) leaves its output and exit code. */
export const wordsFile = "/tmp/delivery-output"
export const codeFile = "/tmp/delivery-exit-code"

/**
 * The text up to a RUN, changed so that the RUN always succeeds and leaves its output and exit code as files of the image.
 * Undefined where that cannot be done: a RUN without a shell, or with a document that is no shell script.
 */
export function withWords(text: string, instruction: Instruction): string | undefined {
  const lines = text.split(/\r?\n/).slice(0, instruction.end)
  const { word, text: command, flags, line } = instruction
  if (word !== "RUN" || command.startsWith("[")) return undefined
  const catching = `exec > ${wordsFile} 2>&1; trap 'echo $? > ${codeFile}; exit 0' EXIT; `
  const before = lines.slice(0, line - 1)
  const run = ["RUN", ...flags].join(" ")
  if (!instruction.hasDocument) return [...before, `${run} ${catching}${command}`, ""].join("\n")
  const document = lines.slice(line)
  if (!/^<<-?["']?\w+["']?$/.test(command) || document[0]?.startsWith("#!")) return undefined
  return [...before, `${run} ${command}`, catching, ...document, ""].join("\n")
}

const nonceName = "DELIVERY_NONCE"

/** The line of an instruction in the original of a text that was changed for the build (withOwnFrontend, withNonceArg). */
export function originalLine(original: string, built: string, line: number): number {
  const own = parseDockerfile(built).instructions.filter(({ text }) => !text.startsWith(`${nonceName}=`))
  const at = own.findIndex((one) => one.line === line)
  return parseDockerfile(original).instructions[at]?.line ?? line
}

/** The text with a value in each stage that makes every RUN run again. */
export function withNonceArg(text: string, nonce: string): string {
  const { instructions } = parseDockerfile(text)
  const ends = new Set(instructions.filter(({ word }) => word === "FROM").map(({ end }) => end))
  return text
    .split(/\r?\n/)
    .flatMap((line, at) => (ends.has(at + 1) ? [line, `ARG ${nonceName}=${nonce}`] : [line]))
    .join("\n")
}

/** The sources of a COPY or ADD that must be in the build context: no patterns, variables, addresses, documents, other stages. */
export function copiedFiles({ word, text, flags }: Pick<Instruction, "word" | "text" | "flags">): string[] {
  if (!["COPY", "ADD"].includes(word) || flags.some((flag) => flag.startsWith("--from="))) return []
  let parts = text.split(/\s+/)
  if (text.startsWith("["))
    try {
      parts = JSON.parse(text) as string[]
    } catch {
      return []
    }
  return parts.slice(0, -1).filter((part) => !/[*?[\]$<]|^[a-z]+:\/\/|^git@/.test(part))
}

/**
 * The user with a group, for a numeric one in an image that has no list of users: an engine cannot run it without a group, and
 * takes 0 as Docker does. Undefined where nothing has to be changed.
 */
export function userWithGroup(user: string, hasUsers: boolean): string | undefined {
  return !hasUsers && /^\d+$/.test(user) ? `${user}:0` : undefined
}
