// The steps of a service with a Dockerfile: test, build, scan.
import { Container, Directory, ReturnType, dag } from "@dagger.io/dagger"
import { build, readBuild, type Build, type BuildOptions, type Failure } from "./build"
import { mayBeRoot } from "./read"
import { userWithGroup } from "./shared/dockerfile"
import { Result, makeResult } from "./shared/result"
import { unlessInterrupted } from "./shared/step"
import { lastWords } from "./shared/words"

export const stepNames = ["test", "build", "scan"] as const

/** How an image is tested. */
export interface TestOptions {
  name: string
  /** The command; empty where building the stage is the test. */
  command: string[]
  /** The file of a JUnit report in the image; empty for none. */
  junit: string
  /** Seconds. */
  timeout: number
  /** The image with the services and variables that the command needs. */
  around: (image: Container) => Promise<Container>
}

/** What work gives, or undefined if it does not end in time. */
async function within<T>(seconds: number, work: Promise<T>): Promise<T | undefined> {
  const ended = await unlessInterrupted(work, Math.ceil(Date.now() / 1000) + seconds)
  return ended === "interrupted" ? undefined : ended
}

const secondsSince = (start: number): number => (Date.now() - start) / 1000

/** The result of a build that failed. */
export function resultOfFailure(name: string, { reason, exitCode, output }: Failure, seconds: number): Result {
  const reports = dag.directory().withNewFile("output.txt", output)
  return makeResult(name, "failed", reason, { exitCode, seconds, reports })
}

function timedOut(name: string, timeout: number): Result {
  return makeResult(name, "failed", `timed out after ${timeout} s`, { exitCode: 124, seconds: timeout })
}

/** Whether a build gave an image. */
export function isImage(built: Container | Failure): built is Container {
  return built instanceof Container
}

/** The result of building an image. */
export async function buildStep(name: string, options: BuildOptions, timeout: number): Promise<Result> {
  const start = Date.now()
  const built = await within(timeout, build(await readBuild(options)))
  if (built === undefined) return timedOut(name, timeout)
  if (!isImage(built)) return resultOfFailure(name, built, secondsSince(start))
  const user = await built.user()
  const root = mayBeRoot(user) ? "; it runs as root: add USER with a number, because clusters refuse such images" : ""
  const platform = await built.platform()
  return makeResult(name, "passed", `an image for ${platform}${root}`, {
    exitCode: 0,
    seconds: secondsSince(start),
    details: { user, platform },
  })
}

/** The result of testing an image: by building its test stage, or by a command in it. */
export async function testStep(options: BuildOptions, test: TestOptions): Promise<Result> {
  const { name, timeout } = test
  const result = await within(timeout, tested(await readBuild(options), test))
  return result ?? timedOut(name, timeout)
}

async function tested(input: Build, { name, command, junit, around }: TestOptions): Promise<Result> {
  const start = Date.now()
  const built = await build(input)
  if (!isImage(built)) {
    const result = resultOfFailure(name, built, secondsSince(start))
    const reports = built.container ? await withJunit(result.reports, built.container, junit) : result.reports
    return Object.assign(result, { reports })
  }
  if (command.length === 0) {
    const reports = await withJunit(dag.directory(), built, junit)
    const reason = `the target ${input.stage || "(the last stage)"} was built`
    return makeResult(name, "passed", reason, { exitCode: 0, seconds: secondsSince(start), reports })
  }
  const { exitCode, output, container } = await run(await around(await runnable(built)), command)
  const reports = await withJunit(dag.directory().withNewFile("output.txt", output), container, junit)
  const words = lastWords(output)
  const shown = command.join(" ").slice(0, 120)
  const reason =
    exitCode === 0
      ? words || `${shown}: no output`
      : `${shown}: exit code ${exitCode}${words ? `: ${words}` : ", no output"}`
  return makeResult(name, exitCode === 0 ? "passed" : "failed", reason, {
    exitCode,
    seconds: secondsSince(start),
    reports,
  })
}

/** The image so that this engine can run it. */
async function runnable(image: Container): Promise<Container> {
  const user = userWithGroup(await image.user(), await image.exists("/etc/passwd"))
  return user === undefined ? image : image.withUser(user)
}

/** A command that ended faster than this may have been answered from the cache. */
const cachedWithin = 3

/** Runs a command in an image. A failure is never answered from the cache. */
async function run(
  image: Container,
  command: string[],
): Promise<{ exitCode: number; output: string; container: Container }> {
  const start = Date.now()
  const done = image.withExec(command, { expect: ReturnType.Any })
  const exitCode = await done.exitCode()
  if (exitCode !== 0 && secondsSince(start) < cachedWithin) {
    const again = image.withEnvVariable("DELIVERY_NONCE", String(start)).withExec(command, { expect: ReturnType.Any })
    return { exitCode: await again.exitCode(), output: await outputOf(again), container: again }
  }
  return { exitCode, output: await outputOf(done), container: done }
}

async function outputOf(done: Container): Promise<string> {
  return [await done.stdout(), await done.stderr()].filter((text) => text.trim() !== "").join("\n")
}

/** The reports with the JUnit file of an image, if it has it. */
async function withJunit(reports: Directory, image: Container, junit: string): Promise<Directory> {
  if (junit === "" || !(await image.exists(junit))) return reports
  return reports.withFile("junit.xml", image.file(junit))
}
