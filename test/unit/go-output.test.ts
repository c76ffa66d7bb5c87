// What Go's commands say: modules/shared/go-output.ts.
import { describe, expect, it } from "vitest"
import { goErrors, goReason } from "../../modules/shared/go-output"

const cold = [
  "go: downloading github.com/prometheus/client_golang v1.23.2",
  "go: downloading go1.27.4 (linux/amd64)",
  "go: extracting example.com/a v1.0.0",
  "go: finding module for package example.com/a",
  "go: found example.com/a in example.com/a v1.0.0",
  'go: warning: "./..." matched no packages',
  "warning: GOPATH set to GOROOT (/usr/local/go) has no effect",
  "# github.com/mattn/go-sqlite3",
  "sqlite3-binding.c: In function 'sqlite3SelectNew':",
  "sqlite3-binding.c:128049:10: warning: function may return address of local variable [-Wreturn-local-addr]",
  "128049 |   return pNew;",
  "sqlite3-binding.c:128009:10: note: declared here",
]
  .join("\n")
  .replace("\n128049 |", "\n 128049 |")

describe("the output of a Go command", () => {
  it("has no error where it only tells of its work", () => expect(goErrors(cold)).toEqual([]))

  it("has its errors behind what it downloads", () =>
    expect(goReason(`${cold}\n# example.com/ship\n./main.go:3:2: undefined: anchor\n`)).toBe(
      "./main.go:3:2: undefined: anchor",
    ))

  it("has a message of several lines as one", () =>
    expect(goErrors("go: updates to go.mod needed; to update it:\n\tgo mod tidy\n")).toEqual([
      "go: updates to go.mod needed; to update it: go mod tidy",
    ]))

  it("has errors of the C compiler", () => {
    expect(goReason("# x\nmast.c:7:1: error: expected ';'\nmast.c:8:1: warning: unused\n")).toMatch(
      /mast\.c:7:1: error/,
    )
  })
})

describe("what to do", () => {
  const advice =
    "\n\n\tTo ignore the vendor directory, use -mod=readonly or -mod=mod.\n\tTo sync the vendor directory, run:\n"
  it.each([
    [
      `go: inconsistent vendoring in /src/api:\n\tx.org/a@v1.5.0: is explicitly required in go.mod, but not marked${advice}\t\tgo mod vendor\n`,
      "vendor/modules.txt does not fit go.mod (x.org/a@v1.5.0: is explicitly required in go.mod, but not marked): " +
        "run `go mod vendor` and commit the folder vendor",
    ],
    [
      `go: inconsistent vendoring in /src:\n\tx.org/a@v1.5.0: is marked${advice}\t\tgo work vendor\n`,
      /run `go work vendor`/,
    ],
    [
      "go: go.mod requires go >= 1.29 (running go 1.26.8; GOTOOLCHAIN=local)\n",
      "Go 1.29 is required and the image has 1.26.8: pass an image with it, or lower the go line",
    ],
    [
      "go: x.org/a@v1.0.0 requires go >= 1.29 (running go 1.26.8; GOTOOLCHAIN=local)\n",
      "Go 1.29 is required and the image has 1.26.8: pass an image with it, or lower the go line",
    ],
    [
      "Error: can't load config: the Go language version (go1.26) used to build golangci-lint is lower than the targeted Go version (1.29.0)\n",
      /^Go 1\.29\.0 is required and golangci-lint was built with 1\.26: pass an image of it/,
    ],
    [
      "go: downloading go1.29.0 (linux/amd64)\ngo: download go1.29.0 for linux/amd64: toolchain not available\n",
      /^Go 1\.29\.0 is required and could not be downloaded \(toolchain not available\): pass an image/,
    ],
    [
      "go: download go1.29.0: golang.org/toolchain@v0.0.1-go1.29.0.linux-amd64: reading https://proxy.golang.org/golang.org/toolchain/@v/v0.0.1-go1.29.0.linux-amd64.zip: 403 Forbidden\n\tserver response: This\n",
      /^Go 1\.29\.0 is required and could not be downloaded \(reading https:.*403 Forbidden\): pass/,
    ],
  ])("is said of %j", (output, words) =>
    typeof words === "string" ? expect(goReason(output)).toBe(words) : expect(goReason(output)).toMatch(words),
  )
})
