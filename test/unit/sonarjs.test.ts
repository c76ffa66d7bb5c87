// The module sonarjs without an engine: the report of eslint is read into findings.
import { describe, expect, it } from "vitest"
import * as sonarjs from "../../modules/sonarjs/src/read"

describe("eslint-plugin-sonarjs", () => {
  const message = {
    ruleId: "sonarjs/code-eval",
    severity: 2,
    message: "Make sure that this is safe.",
    line: 4,
    column: 9,
  }
  it("is read with its files counted and what it could not parse", () =>
    expect(
      sonarjs.readScan(
        JSON.stringify([
          { filePath: "/src/a.ts", messages: [message, { ...message, severity: 1 }] },
          {
            filePath: "/src/b.vue",
            messages: [{ ruleId: null, fatal: true, severity: 2, message: "Parsing error: x", line: 1, column: 1 }],
          },
        ]),
        "/src",
      ),
    ).toEqual({
      files: 2,
      errors: ["b.vue:1: Parsing error: x"],
      findings: [
        {
          tool: "eslint-plugin-sonarjs",
          rule: "sonarjs/code-eval",
          text: "Make sure that this is safe.",
          file: "a.ts",
          line: 4,
          column: 9,
          level: "error",
        },
        {
          tool: "eslint-plugin-sonarjs",
          rule: "sonarjs/code-eval",
          text: "Make sure that this is safe.",
          file: "a.ts",
          line: 4,
          column: 9,
          level: "warning",
        },
      ],
    }))
})
