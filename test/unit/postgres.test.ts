// Reads variables of init scripts and psql's errors: the pure parts of modules/postgres.
import { describe, expect, it } from "vitest"
import * as postgres from "../../modules/postgres/src/settings"

describe("postgres", () => {
  it("reads variables, whatever their values hold", () =>
    expect(postgres.variables(["A=1", "B_2=x=y\nz", "C="])).toEqual([
      ["A", "1"],
      ["B_2", "x=y\nz"],
      ["C", ""],
    ]))
  it.each([
    [["A"], 'env: "A" is not NAME=value'],
    [["2A=1"], 'env: "2A" is not NAME=value'],
    [["A=1", "A=2"], "env: duplicate variable A"],
  ])("refuses %j without repeating a value", (lines, message) =>
    expect(() => postgres.variables(lines)).toThrow(message),
  )
  it("says why SQL failed", () => {
    expect(postgres.sqlError('NOTICE:  x\nERROR:  relation "x" does not exist\nLINE 1: select\n')).toBe(
      'ERROR:  relation "x" does not exist',
    )
    expect(
      postgres.sqlError('psql: error: connection to server at "server" (10.87.0.4), port 5432 failed: FATAL:  no\n'),
    ).toBe('error: connection to server at "server" (10.87.0.4), port 5432 failed: FATAL:  no')
  })
})
