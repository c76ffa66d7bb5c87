// The object that callers get from a pipeline.
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { Directory, dag, func, object } from "@dagger.io/dagger"
import type { Outcome } from "./outcome"

/** The result of a pipeline. */
@object()
export class Pipeline {
  /** Whether the pipeline is green. */
  @func()
  passed: boolean

  /** The table: stage, verdict, number against limit, seconds, and the first line of each failure. */
  @func()
  summary: string

  /**
   * Every report as text: a JSON object of contents by path. `npm start` writes them to disk from here, because an unchanged
   * pipeline is then one cached answer. (A cached Directory would refer to the folder of the first caller.)
   */
  @func()
  reportFiles: string

  /** Reports of live steps, which need not be text: screenshots, archives. */
  @func()
  live?: Directory

  constructor(passed: boolean, summary: string, reportFiles: string, live?: Directory) {
    this.passed = passed
    this.summary = summary
    this.reportFiles = reportFiles
    this.live = live
  }

  /**
   * Returns the reports: `index.html`, `summary.md`, `result.json`, and a folder per stage with the tool's own files, JUnit and
   * coverage.
   *
   * Example: `dagger call pr reports export --path reports`
   */
  @func({ cache: "session" })
  reports(): Directory {
    // Written to disk and taken as one folder: adding hundreds of files to a Directory one by one takes a minute.
    for (const [path, text] of Object.entries(JSON.parse(this.reportFiles) as Record<string, string>)) {
      mkdirSync(dirname(`reports/${path}`), { recursive: true })
      writeFileSync(`reports/${path}`, text)
    }
    return (this.live ?? dag.directory()).withDirectory(".", dag.currentModule().workdir("reports"))
  }

  /**
   * Returns the table; fails if the pipeline is red, so that the exit code is the verdict.
   *
   * Example: `dagger call pr verdict`
   */
  @func()
  verdict(): string {
    if (!this.passed) throw new Error(`\n${this.summary}`)
    return this.summary
  }
}

/** Returns an outcome as callers of the module see it. */
export async function pipelineOf(outcome: Promise<Outcome>): Promise<Pipeline> {
  const { passed, table, files, live } = await outcome
  return new Pipeline(passed, table, JSON.stringify(files), live)
}
