// Reading Dockerfiles: modules/shared/dockerfile.ts.
import { describe, expect, it } from "vitest"
import {
  baseImages,
  neededStages,
  originalLine,
  parseDockerfile,
  runsOnBuilder,
  stageOfTarget,
  targetFault,
  textUntil,
  titleOf,
  withNonceArg,
  withOwnFrontend,
  withWords,
} from "../../modules/shared/dockerfile"

const shop = `# syntax=docker/dockerfile:1
ARG GO=1.26
FROM --platform=$BUILDPLATFORM golang:\${GO} AS Build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache \\
    # why
    go build \\

    -o /out/api .

FROM build as test
RUN go test ./...
FROM debian:bookworm-slim AS tools
RUN apt-get update
FROM scratch
COPY --from=build /out/api /api
COPY --from=busybox:1.37 /bin/sh /bin/sh
ENTRYPOINT ["/api"]
`
const read = parseDockerfile(shop)

describe("a Dockerfile", () => {
  it("has stages with names, bases and platforms", () =>
    expect(read.stages).toEqual([
      { name: "build", base: "golang:${GO}", platform: "$BUILDPLATFORM", line: 3 },
      { name: "test", base: "build", platform: "", line: 12 },
      { name: "tools", base: "debian:bookworm-slim", platform: "", line: 14 },
      { name: "", base: "scratch", platform: "", line: 16 },
    ]))
  it("has instructions over several lines, without comments and empty lines in them", () =>
    expect(read.instructions.filter(({ word }) => word === "RUN")[0]).toEqual({
      word: "RUN",
      text: "go build -o /out/api .",
      flags: ["--mount=type=cache,target=/root/.cache"],
      line: 6,
      end: 10,
      stage: 0,
      hasDocument: false,
    }))
  it.each([
    ["small letters and Windows' line ends", "from a\r\nrun x\r\n", ["FROM a", "RUN x"]],
    [
      "another escape character",
      "# escape=`\nFROM a\nRUN dir `\n c:\\\nUSER 1\n",
      ["FROM a", "RUN dir c:\\", "USER 1"],
    ],
    [
      "documents",
      'FROM a\nRUN <<EOF\nFROM b\nEOF\nCOPY <<A <<-"B" /x/\n1\nA\n2\n\tB\nUSER 1\n',
      ["FROM a", "RUN <<EOF", 'COPY <<A <<-"B" /x/', "USER 1"],
    ],
    [
      "a shift that is no document",
      "FROM a\nRUN echo $((1<<2)) <<<word\nUSER 1\n",
      ["FROM a", "RUN echo $((1<<2)) <<<word", "USER 1"],
    ],
    ["a document without an end", "FROM a\nRUN <<EOF\nx\n", ["FROM a", "RUN <<EOF"]],
  ])("is read with %s", (_, text, titles) => expect(parseDockerfile(text).instructions.map(titleOf)).toEqual(titles))
})

describe("a target", () => {
  it("is the last stage, or one by name in any case, or by number", () =>
    expect(["", "TEST", "tools", "0", "7", "none"].map((target) => stageOfTarget(read, target))).toEqual([
      3, 1, 2, 0, -1, -1,
    ]))
  it("needs the stages that it begins with and copies from, and no others", () => {
    expect(neededStages(read, "")).toEqual([0, 3])
    expect(neededStages(read, "test")).toEqual([0, 1])
    const mounted = parseDockerfile(
      "FROM a AS x\nFROM b AS y\nFROM c\nRUN --mount=type=bind,from=x,target=/x ls\nCOPY --from=1 /a /a\n",
    )
    expect(neededStages(mounted, "")).toEqual([0, 1, 2])
  })
  it.each([
    ["FROM a AS x\n", "x", ""],
    ["FROM a\n", "", ""],
    ["# nothing\n", "", "it has no FROM, so it is no Dockerfile"],
    ["FROM a AS x\nFROM b AS y\n", "z", 'the target "z" is not in it; it has: x, y'],
    ["FROM a\n", "z", 'the target "z" is not in it; it has: no stage with a name (FROM … AS name)'],
  ])("of %j: %j gives %j", (text, target, fault) => expect(targetFault(text, target)).toBe(fault))
  it("has images that it begins with or copies from", () => {
    expect(baseImages(read)).toEqual(["busybox:1.37"])
    expect(baseImages(read, "tools")).toEqual(["debian:bookworm-slim"])
  })
  it("runs on the machine that builds where its stage says so", () =>
    expect(read.stages.map((_, number) => runsOnBuilder(read, number))).toEqual([true, true, false, false]))
})

describe("the text of a Dockerfile", () => {
  it.each([
    ["# syntax=docker/dockerfile:1\nFROM a\n", "FROM a\n"],
    ["# syntax = docker.io/docker/dockerfile:1.7.0\n# escape=`\nFROM a\n", "# escape=`\nFROM a\n"],
    ["# syntax=docker/dockerfile:1-labs\nFROM a\n", "# syntax=docker/dockerfile:1-labs\nFROM a\n"],
    ["FROM a\n# syntax=docker/dockerfile:1\n", "FROM a\n# syntax=docker/dockerfile:1\n"],
  ])("%j is built as %j", (text, built) => expect(withOwnFrontend(text)).toBe(built))
  it("that was changed for the build has the lines of its original", () => {
    const original = "# syntax=docker/dockerfile:1\nFROM a\n\nRUN x\n"
    const built = withNonceArg(withOwnFrontend(original), "7")
    expect(built).toBe("FROM a\nARG DELIVERY_NONCE=7\n\nRUN x\n")
    expect([1, 4, 9].map((line) => originalLine(original, built, line))).toEqual([2, 4, 9])
  })
  it("ends with an instruction", () =>
    expect(textUntil("FROM a\nRUN x \\\n y\nRUN z\n", { end: 3 })).toBe("FROM a\nRUN x \\\n y\n"))
  it("runs everything again with another nonce", () =>
    expect(withNonceArg("FROM a\nRUN x\nFROM b AS \\\n c\nRUN y\n", "7")).toBe(
      "FROM a\nARG DELIVERY_NONCE=7\nRUN x\nFROM b AS \\\n c\nARG DELIVERY_NONCE=7\nRUN y\n",
    ))
})

describe("a RUN that leaves its words", () => {
  const speaking = (text: string) => withWords(text, parseDockerfile(text).instructions.at(-1)!)
  const catching = "exec > /tmp/delivery-output 2>&1; trap 'echo $? > /tmp/delivery-exit-code; exit 0' EXIT; "
  it("keeps flags and command", () =>
    expect(speaking("FROM a\nRUN --mount=type=cache,target=/c x && \\\n # why\n y\n")).toBe(
      `FROM a\nRUN --mount=type=cache,target=/c ${catching}x && y\n`,
    ))
  it("catches a document that is a script", () =>
    expect(speaking("FROM a\nRUN <<EOF\nset -e\nx\nEOF\n")).toBe(`FROM a\nRUN <<EOF\n${catching}\nset -e\nx\nEOF\n`))
  it.each(['RUN ["x", "y"]', "RUN <<EOF\n#!/usr/bin/env python3\nEOF", "RUN python3 <<EOF\nprint()\nEOF", "COPY a b"])(
    "cannot be made of %j",
    (line) => expect(speaking(`FROM a\n${line}\n`)).toBeUndefined(),
  )
})
