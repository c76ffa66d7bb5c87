// A small repository to deliver, made in a temporary folder: a Go service of a few lines and a copy of the front end.
import { execFileSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { stageNamesOf } from "../../ci/src/catalogue"
import { parseConfig } from "../../ci/src/config/config"
import { callOf } from "../../engine/src/call-options"
import { dagger } from "../sdk/dagger"

export const repository = join(import.meta.dirname, "../..")

/** The root with the modules of a pull request only, which `npm start` takes too. */
export const root = join(repository, "ci")

/** One stage as result.json has it. */
export interface Stage {
  name: string
  status: string
  reason: string
  value?: number
  limit?: number
  seconds: number
  cached: boolean
  exitCode: number
}

/** What a run of `pr` left behind. */
export interface Run {
  exitCode: number
  /** Everything that the CLI printed. */
  output: string
  passed: boolean
  table: string
  stages: Record<string, Stage>
  /** The folder with the exported reports. */
  reports: string
}

const services = `services:
  api: { path: services/api, kind: go }
  frontend: { path: services/frontend, kind: node }
`

/** The stages of the shop, as the catalogue has them. */
export const stageNames = stageNamesOf(parseConfig(services).services)

const files: Record<string, string> = {
  "delivery.yaml": services,
  ".gitignore": "node_modules/\ndist/\ncoverage/\n.env\n",
  "README.md": "A shop.\n",
  "services/api/go.mod": "module example.com/api\n\ngo 1.25\n",
  "services/api/main.go": `package main

import (
	"fmt"

	"example.com/api/price"
)

func main() {
	fmt.Println(price.WithTax(100))
}
`,
  "services/api/price/price.go": `// Package price knows what things cost.
package price

// WithTax adds the tax to a price in cents.
func WithTax(cents int) int {
	return cents + cents*19/100
}
`,
  "services/api/price/price_test.go": `package price

import "testing"

func TestWithTax(t *testing.T) {
	if got := WithTax(100); got != 119 {
		t.Errorf("WithTax(100) = %d, want 119", got)
	}
}
`,
  // The main function cannot be covered by a unit test; it is exercised here so that the gate's 80 % are reached.
  "services/api/main_test.go": `package main

import "testing"

func TestMainPrints(t *testing.T) { main() }
`,
}

/** A clone-like folder that can be changed, committed and checked. */
export class Shop {
  readonly root = mkdtempSync(join(tmpdir(), "shop-"))

  constructor() {
    for (const [file, content] of Object.entries(files)) this.write(file, content)
    const generated = ["node_modules", "dist", "coverage", "delivery-reports"]
    cpSync(join(repository, "services/frontend"), join(this.root, "services/frontend"), {
      recursive: true,
      filter: (from) => !generated.some((name) => from.endsWith(`/frontend/${name}`)),
    })
    this.git("init", "--quiet", "--initial-branch=main")
    this.commit("Open the shop")
  }

  write(file: string, content: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true })
    writeFileSync(join(this.root, file), content)
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), "utf8")
  }

  remove(file: string): void {
    rmSync(join(this.root, file), { recursive: true })
  }

  git(...args: string[]): string {
    return execFileSync(
      "git",
      ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false", ...args],
      { cwd: this.root, encoding: "utf8" },
    )
  }

  commit(message: string): void {
    this.git("add", "--all")
    this.git("commit", "--quiet", "-m", message)
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  pr(...args: string[]): Promise<Run> {
    return runPr(this.root, ...args)
  }
}

/** Runs `pr` on a folder and exports its reports. A run that leaves no result.json has failed as a whole; its output says why. */
export async function runPr(source: string, ...args: string[]): Promise<Run> {
  const began = Date.now() / 1000
  const reports = join(source, "../", `${source.split("/").at(-1)}-reports-${Date.now()}`)
  const { code, stdout, stderr } = await dagger(
    ["call", "--progress=plain", "-m", root, ...callOf("pr", source, args), "reports", "export", "--path", reports],
    { cwd: repository, seconds: 600 },
  )
  const output = stdout + stderr
  if (!existsSync(join(reports, "result.json")))
    return { exitCode: code, output, passed: false, table: "", stages: {}, reports }
  const result = JSON.parse(readFileSync(join(reports, "result.json"), "utf8")) as {
    passed: boolean
    ended: number
    table: string
    stages: Stage[]
  }
  // An answer that was there before the call began is from the cache as a whole.
  const stages = result.stages.map((stage) => ({ ...stage, cached: stage.cached || result.ended < began }))
  return {
    exitCode: code,
    output,
    passed: result.passed,
    table: result.table,
    stages: Object.fromEntries(stages.map((s) => [s.name, s])),
    reports,
  }
}

/** The stages whose tools ran in that run. */
export function ranIn(run: Run): string[] {
  return Object.values(run.stages)
    .filter(
      ({ name, cached, status }) => !cached && ["passed", "failed"].includes(status) && !name.startsWith("coverage:"),
    )
    .map(({ name }) => name)
}

/** All files of a folder, as paths in it. */
export function filesIn(folder: string, below = ""): string[] {
  return readdirSync(join(folder, below)).flatMap((name) => {
    const path = join(below, name)
    return statSync(join(folder, path)).isDirectory() ? filesIn(folder, path) : [path]
  })
}
