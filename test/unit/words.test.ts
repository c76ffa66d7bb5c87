// The last words of tools that crashed: what they said, without colours, progress, downloads and frames of a stack.
import { describe, expect, it } from "vitest"
import { couldNotRun, lastWords, plainText } from "../../modules/shared/words"

describe("the last words", () => {
  it.each([
    [
      "of Go are the panic",
      "go: downloading example.com/x v1.0.0\npanic: runtime error: index out of range [3] with length 3 [recovered]\n\n" +
        "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:12 +0x1d\nexit status 2\n",
      "panic: runtime error: index out of range [3] with length 3",
    ],
    [
      "of Python are the last exception",
      'Traceback (most recent call last):\n  File "/usr/bin/x", line 8, in <module>\n    main()\n' +
        "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 3: invalid continuation byte\n\n" +
        "During handling of the above exception, another exception occurred:\n\n" +
        'Traceback (most recent call last):\n  File "/usr/bin/x", line 9, in <module>\nyaml.reader.Unreadable: bad\n',
      "yaml.reader.Unreadable: bad",
    ],
    [
      "of Node are the error, not its frames",
      "/tool/x.js:3\n    throw new TypeError(1)\n    ^\n\nTypeError: Cannot read properties of undefined (reading 'range')\n" +
        "    at Rule (/tool/rule.js:4:9)\n    at run (/tool/run.js:1:1)\n\nNode.js v24.1.0\n",
      "TypeError: Cannot read properties of undefined (reading 'range')",
    ],
    [
      "of Java are the cause",
      'Exception in thread "main" java.lang.RuntimeException: no\n\tat x.Y.z(Y.java:3)\n' +
        "Caused by: java.io.IOException: disk full\n\tat x.Y.a(Y.java:9)\n\t... 3 more\n",
      "java.io.IOException: disk full",
    ],
    [
      "are the error before the usage",
      "\u001b[31mError: unknown flag: --x\u001b[0m\nUsage:\n  tool [flags]\n\nFlags:\n  -h, --help\n",
      "unknown flag: --x",
    ],
    [
      "are not a warning or a download after them",
      "error: no space left on device\ngo: downloading a v1\nnpm warn deprecated x@1\n(node:7) ExperimentalWarning: y\n",
      "no space left on device",
    ],
    ["are the last line where none is an error", "one\ntwo\n\n", "two"],
    ["of progress are its last state", "10 %\r50 %\rdisk is full\n", "disk is full"],
    ["are chatter where there is nothing else", "go: downloading a v1\n", "go: downloading a v1"],
  ])("%s", (_, output, words) => expect(lastWords(output)).toBe(words))

  it("are no control characters", () =>
    expect(plainText("\u001b[1mbold\u001b[0m \u001b]8;;x\u0007link\u001b]8;;\u0007\u0000!\r\nnext")).toBe(
      "bold link!\nnext",
    ))
})

describe("the reason of a tool that could not run", () => {
  const ended = { exitCode: 2, timedOut: false, seconds: 3.2 }
  it("names the tool and its last words", () =>
    expect(couldNotRun("gosec", ended, "\u001b[31mno such folder\u001b[0m")).toBe(
      "could not run: gosec: no such folder",
    ))
  it("is the exit code where it said nothing", () =>
    expect(couldNotRun("gosec", ended, "")).toBe("could not run: gosec ended with exit code 2 and said nothing"))
  it("is the signal where one ended it", () =>
    expect(couldNotRun("gosec", { ...ended, exitCode: 128 }, "ended by signal 9\n")).toBe(
      "could not run: gosec was ended by signal 9, such as for lack of memory, and said nothing",
    ))
  it("is the time limit", () =>
    expect(couldNotRun("gosec", { ...ended, timedOut: true, exitCode: 124 }, "x")).toBe("timed out after 3 s"))
})
