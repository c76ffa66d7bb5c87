// What the records of git's script say of a checkout: ci/src/config/checkout.ts on texts. checkout.test.ts runs the script itself.
import { describe, expect, it } from "vitest"
import { asPattern, checkoutFaults, folderFaults, linkedFrom, readCheckout } from "../../ci/src/config/checkout"

const checkout = (...records: string[][]) => readCheckout(records.map((fields) => `${fields.join("\x1f")}\0`).join(""))

describe("the records of a checkout", () => {
  it("are its junk, its links, and others by their kind", () => {
    const found = checkout(
      ["junk", "3"],
      ["link", "a/b", "../c/", "f"],
      ["link", "x", "nowhere", "N"],
      ["missing", "m"],
    )
    expect(found.junk).toBe(3)
    expect(found.links).toEqual([
      { path: "a/b", target: "../c/", leadsTo: "c", isBroken: false },
      { path: "x", target: "nowhere", leadsTo: "nowhere", isBroken: true },
    ])
    expect(found.records).toEqual({ missing: [["m"]] })
  })
  it("of a link name no place outside of the repository", () => {
    const { links } = checkout(
      ["link", "a", "/etc/hosts", "f"],
      ["link", "b", "..", "d"],
      ["link", "c/d", "../../e", "f"],
    )
    expect(links.map(({ leadsTo }) => leadsTo)).toEqual([undefined, undefined, undefined])
  })
  it("of none are a clean checkout", () => expect(checkout()).toEqual({ junk: 0, links: [], records: {} }))
})

describe("a checkout that cannot be checked", () => {
  it.each([
    [["borrowed", "", "/other"], "source: a clone that borrows objects from /other (git clone --shared)"],
    [["sparse", "libs/a/"], "source: the submodule libs/a: a sparse checkout, in which files are missing"],
    [["partial", ""], "source: a partial clone (git clone --filter), in which history is missing"],
    [["unreadable", "", "fatal: bad"], "source: git cannot read it: fatal: bad"],
    [["control", "a\nb"], 'source: the name "a\\nb" has a control character'],
    [["bytes", "a?"], 'source: the name "a?" is not UTF-8'],
    [["reports", "delivery-reports/a"], "source: git tracks files in delivery-reports/"],
  ])("says why: %j", (record, reason) => {
    const [fault, ...more] = checkoutFaults(checkout(record))
    expect(fault).toContain(reason)
    expect(more).toEqual([])
  })
  it("names three of a kind, and is silent about what a service may leave aside", () => {
    const names = ["a", "b", "c", "d"].map((name) => ["bytes", name])
    expect(checkoutFaults(checkout(...names, ["missing", "m"], ["nested", "n/"], ["pointer", "p"]))).toHaveLength(3)
  })
})

describe("a folder that is checked", () => {
  const faults = (folder: string, ...records: string[][]) =>
    folderFaults(checkout(...records), "services.a.path", folder)
  it.each([
    ["api", ["link", "api", "../x", "d"], "api is a symbolic link to ../x; name the folder itself"],
    ["api/v1", ["missing", "api"], "the submodule api is not checked out"],
    ["api", ["nested", "api/copy/"], "api/copy is a git repository of its own"],
    ["api", ["pointer", "api/a.bin"], "api/a.bin is a pointer of Git LFS instead of the file; run `git lfs pull`"],
    ["api", ["link", "api/hosts", "/etc/hosts", "f"], "api/hosts is a symbolic link to /etc/hosts, outside"],
  ])("%s says what is not there: %j", (folder, record, reason) => {
    expect(faults(folder, record)).toEqual([expect.stringContaining(`services.a.path: ${reason}`)])
  })
  it("is not concerned by what lies elsewhere", () => {
    const elsewhere = [
      ["missing", "lib"],
      ["nested", "old/"],
      ["pointer", "apis/a.bin"],
      ["link", "b", "/etc", "d"],
    ]
    expect(faults("api", ...elsewhere)).toEqual([])
    expect(faults(".", ["pointer", "apis/a.bin"])).toHaveLength(1)
  })
})

describe("what links of a folder lead to", () => {
  const found = checkout(
    ["link", "api/data", "../shared/data", "d"],
    ["link", "shared/data/more", "../../other", "d"],
    ["link", "api/gone", "../nothing", "N"],
    ["link", "api/own", "a.txt", "f"],
    ["link", "web/logo", "../brand/logo.svg", "f"],
  )
  it("is an input too, and so is what the links there lead to", () =>
    expect(linkedFrom(found, ["api"])).toEqual(["other", "shared/data"]))
  it("is none where a folder above it is one already", () =>
    expect(linkedFrom(found, ["api", "shared", "other"])).toEqual([]))
  it("of another folder does not count", () => expect(linkedFrom(found, ["web"])).toEqual(["brand/logo.svg"]))
})

it("a path as a pattern matches itself alone", () =>
  expect(asPattern("a[1]*?!b^c\\d")).toBe("a\\[1\\]\\*\\?\\!b\\^c\\\\d"))
