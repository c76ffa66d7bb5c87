// Builds a Dockerfile, and finds out which instruction failed and what its command said.
import { Container, Directory, File, Platform, dag } from "@dagger.io/dagger"
import { wordsOfError } from "./read"
import { assignments } from "./shared/arguments"
import {
  codeFile,
  copiedFiles,
  neededStages,
  originalLine,
  parseDockerfile,
  runsOnBuilder,
  targetFault,
  textUntil,
  titleOf,
  withNonceArg,
  withOwnFrontend,
  withWords,
  wordsFile,
  type Instruction,
} from "./shared/dockerfile"
import { lastWords } from "./shared/words"

/** What a caller says about a build. */
export interface BuildOptions {
  source: Directory
  /** Path of the Dockerfile in the source, and its name in reasons. */
  file: string
  /** The Dockerfile, if it is not in the source. */
  dockerfile?: File
  /** The stage that is built; empty for the last one. */
  stage: string
  /** NAME=VALUE. */
  buildArgs: string[]
  platform: string
  nonce?: string
}

/** A build, read and checked. */
export interface Build {
  source: Directory
  file: string
  text: string
  /** The text before it was changed for the build: its lines are named. */
  original: string
  /** The patterns of files that are left out of the build context. */
  ignored: string
  stage: string
  buildArgs: { name: string; value: string }[]
  platform: string
}

/** Why an image was not built. */
export interface Failure {
  reason: string
  /** Exit code of the command that failed; 1 where another instruction failed or the code is not known. */
  exitCode: number
  /** All that the command said, or what is known of the error. */
  output: string
  /** The image as it was when the command had failed, with the files that it left. */
  container?: Container
}

const platformForm = /^linux\/(amd64|arm64|arm\/v[67]|386|ppc64le|s390x|riscv64)$/

/** Reads the Dockerfile and its .dockerignore; an error says what is wrong with the settings. */
export async function readBuild(options: BuildOptions): Promise<Build> {
  const { source, file, dockerfile, stage, platform, nonce = "" } = options
  if (!dockerfile && !(await source.exists(file))) throw new Error(`file: ${file} does not exist in the source`)
  if (platform !== "" && !platformForm.test(platform))
    throw new Error(`platform: ${JSON.stringify(platform)} is not known, such as linux/amd64 or linux/arm64`)
  const text = await (dockerfile ?? source.file(file)).contents()
  const fault = targetFault(text, stage)
  if (fault !== "") throw new Error(`${file}: ${fault}`)
  const ignoreFiles = dockerfile ? [".dockerignore"] : [`${file}.dockerignore`, ".dockerignore"]
  let ignored = ""
  for (const name of ignoreFiles)
    if (ignored === "" && (await source.exists(name))) ignored = await source.file(name).contents()
  const buildArgs = assignments("buildArgs", options.buildArgs).map(([name, value]) => ({ name, value }))
  const own = withOwnFrontend(text)
  return {
    source,
    file,
    original: text,
    text: nonce === "" ? own : withNonceArg(own, nonce),
    ignored,
    stage,
    buildArgs,
    platform,
  }
}

/** The name of the Dockerfile that is built in the build context: never one of the project's own. */
const written = "delivery.Dockerfile"

/** The image of a build, or of another text and its last stage. Nothing is built until its result is needed. */
export function imageOf({ source, text, ignored, stage, buildArgs, platform }: Build, other?: string): Container {
  return source
    .withNewFile(written, other ?? text)
    .withNewFile(`${written}.dockerignore`, `${ignored}\n${written}\n${written}.dockerignore\n`)
    .dockerBuild({
      dockerfile: written,
      target: other === undefined ? stage : "",
      buildArgs,
      ...(platform === "" ? {} : { platform: platform as Platform }),
    })
}

/** Builds an image. Returns it, or why it was not built. */
export async function build(input: Build): Promise<Container | Failure> {
  const image = imageOf(input)
  try {
    await image.sync()
    return image
  } catch (error) {
    return failureOf(input, error)
  }
}

/** Instructions that do something when an image is built; others are settings. */
const working = ["FROM", "RUN", "COPY", "ADD", "WORKDIR"]

/**
 * Finds the instruction that fails by building the Dockerfile up to each one: what passed is in the engine's cache. A RUN is then
 * run once more, in a way that keeps its words and exit code as files: the text of a thrown error does not decide anything, and
 * some versions of the SDK have none.
 */
async function failureOf(input: Build, error: unknown): Promise<Failure> {
  const dockerfile = parseDockerfile(input.text)
  const needed = neededStages(dockerfile, input.stage)
  const candidates = dockerfile.instructions.filter(
    ({ word, stage, text }) => needed.includes(stage) && working.includes(word) && !/^scratch\b/.test(text),
  )
  for (const instruction of candidates) {
    const until = imageOf(input, textUntil(input.text, instruction))
    const thrown = await until.sync().then(
      () => undefined,
      (reason: unknown) => ({ reason }),
    )
    if (thrown)
      return failureAt(input, instruction, { ...(await emulationOf(input, instruction)), error: thrown.reason })
  }
  const words = wordsOfError(error) || "the engine gave no reason"
  return { reason: `${input.file}: the image was not built: ${words}`, exitCode: 1, output: words }
}

/** Says whether a RUN needs a processor that the engine's machine does not have. */
async function emulationOf(input: Build, { word, stage }: Instruction): Promise<{ emulated?: string }> {
  if (word !== "RUN" || input.platform === "" || runsOnBuilder(parseDockerfile(input.text), stage)) return {}
  const own: string = await dag.defaultPlatform()
  return own === input.platform ? {} : { emulated: own }
}

async function failureAt(
  input: Build,
  instruction: Instruction,
  { error, emulated }: { error: unknown; emulated?: string },
): Promise<Failure> {
  const place = `${input.file}:${originalLine(input.original, input.text, instruction.line)} ${titleOf(instruction)}`
  const known = wordsOfError(error)
  const words = await wordsOf(input, instruction)
  if (words) {
    const said = lastWords(words.output)
    const reason = `${place}: exit code ${words.exitCode}${said ? `: ${said}` : ", no output"}`
    return { reason, ...words }
  }
  const why = emulated
    ? `a command of ${input.platform} cannot run on the engine's machine (${emulated}) without emulation; ` +
      "install it there (binfmt), or build on the machine's own platform: FROM --platform=$BUILDPLATFORM"
    : (await missingSource(input, instruction)) || known || whatFailed(instruction)
  return { reason: `${place}: ${why}`, exitCode: 1, output: [known, why].filter((text) => text !== "").join("\n") }
}

/** What is said of an instruction about whose failure nothing is known. */
function whatFailed({ word }: Instruction): string {
  return word === "FROM" ? "the image cannot be had" : "it failed, and the engine gave no reason"
}

async function missingSource({ source }: Build, instruction: Instruction): Promise<string> {
  for (const path of copiedFiles(instruction)) {
    const below = path.replace(/^\.?\//, "")
    if (below !== "" && below !== "." && !(await source.exists(below))) return `${path} is not in the build context`
  }
  return ""
}

/** Output and exit code of a RUN that fails; undefined where they cannot be had. */
async function wordsOf(
  input: Build,
  instruction: Instruction,
): Promise<Pick<Failure, "exitCode" | "output" | "container"> | undefined> {
  const speaking = withWords(input.text, instruction)
  if (speaking === undefined) return undefined
  const container = imageOf(input, speaking)
  try {
    const code = Number((await container.file(codeFile).contents()).trim())
    return { exitCode: code || 1, output: await container.file(wordsFile).contents(), container }
  } catch {
    return undefined
  }
}
