// The pure parts of modules/dockerfile, and its scripts on a folder. The calls of its README run in test/modules/readme.test.ts.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  countsOf,
  cvssScore,
  findingsOf,
  mayBeRoot,
  platformFault,
  purlOf,
  queriesOf,
  sbomOf,
  unreadOf,
  wordsOfError,
  type Answer,
  type Inventory,
  type Vulnerability,
} from "../src/read"
import { inventoryScript, osvScript } from "../src/scripts"
import { copiedFiles, userWithGroup } from "../../shared/dockerfile"

const inventory: Inventory = {
  os: "Debian GNU/Linux 12 (bookworm)",
  components: [
    {
      ecosystem: "Debian:12",
      type: "deb",
      name: "openssl",
      version: "3.0.11-1",
      package: "libssl3",
      packageVersion: "3.0.11-1",
    },
    {
      ecosystem: "Debian:12",
      type: "deb",
      name: "openssl",
      version: "3.0.11-1",
      package: "openssl",
      packageVersion: "3.0.11-1",
    },
    { ecosystem: "Go", type: "golang", name: "example.com/a/b", version: "v1.2.3" },
    { ecosystem: "npm", type: "npm", name: "@x/y", version: "2.0.0" },
  ],
  unread: {},
}

describe("what an image holds", () => {
  it("is counted, and listed by package URL", () => {
    expect(countsOf(inventory)).toBe("2 deb, 1 golang, 1 npm")
    expect(inventory.components.map(purlOf)).toEqual([
      "pkg:deb/debian/libssl3@3.0.11-1",
      "pkg:deb/debian/openssl@3.0.11-1",
      "pkg:golang/example.com/a/b@v1.2.3",
      "pkg:npm/%40x/y@2.0.0",
    ])
  })
  it("is an SBOM that names what was not read", () => {
    const bom = JSON.parse(sbomOf({ ...inventory, unread: { "Java archives": 2 } }, "api")) as {
      metadata: { component: { name: string }; properties: object[] }
      components: { name: string; type: string }[]
    }
    expect(bom.metadata.component.name).toBe("api")
    expect(bom.metadata.properties).toEqual([{ name: "delivery:unread:Java archives", value: "2" }])
    expect(bom.components.map(({ name }) => name)).toEqual([
      inventory.os,
      "libssl3",
      "openssl",
      "example.com/a/b",
      "@x/y",
    ])
  })
  it("is asked for by source package, each once; unknown distributions are told", () => {
    expect(queriesOf(inventory)).toEqual([
      { package: { name: "openssl", ecosystem: "Debian:12" }, version: "3.0.11-1" },
      { package: { name: "example.com/a/b", ecosystem: "Go" }, version: "1.2.3" },
      { package: { name: "@x/y", ecosystem: "npm" }, version: "2.0.0" },
    ])
    const other = {
      ...inventory,
      unread: { "Java archives": 2, "an rpm database": 1 },
      components: [{ ecosystem: "Debian", type: "deb", name: "a", version: "1" }],
    }
    expect(queriesOf(other)).toEqual([])
    expect(unreadOf(other)).toBe("2 Java archives, an rpm database, packages of an unknown distribution (1)")
    expect(unreadOf(inventory)).toBe("")
  })
})

describe("an image for a platform", () => {
  it.each([
    [{ arm64: 3 }, ""],
    [{ arm64: 1, amd64: 9 }, ""],
    [{}, ""],
    [
      { amd64: 9 },
      "the image for linux/arm64 holds programs for amd64 only: a base image is not there for linux/arm64",
    ],
  ])("holds programs for it: %j", (machines, fault) => expect(platformFault({ machines }, "linux/arm64")).toBe(fault))
})

describe("a vulnerability", () => {
  const level = (entry: Partial<Vulnerability>, ecosystem = "npm") => {
    const answer: Answer = { answers: [["V-1"]], entries: { "V-1": { id: "V-1", ...entry } } }
    return findingsOf([{ package: { name: "a", ecosystem }, version: "1" }], answer, "Dockerfile")[0]?.level
  }
  const fixed = [{ package: { name: "a" }, ranges: [{ events: [{ fixed: "2" }] }] }]
  it.each([
    ["the database's word", { database_specific: { severity: "CRITICAL" } }, "error"],
    ["moderate", { database_specific: { severity: "MODERATE" } }, "warning"],
    ["its score", { severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }] }, "error"],
    ["a low score", { severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N" }] }, "note"],
    ["nothing that is known", { severity: [{ type: "CVSS_V4", score: "CVSS:4.0/AV:N" }] }, "warning"],
  ])("has a level by %s", (_, entry, expected) => expect(level(entry)).toBe(expected))
  it("of a distribution counts when there is a fix", () => {
    expect(level({ database_specific: { severity: "HIGH" } }, "Debian:12")).toBe("note")
    expect(level({ database_specific: { severity: "HIGH" }, affected: fixed }, "Debian:12")).toBe("error")
    expect(level({ affected: [{ ...fixed[0], ecosystem_specific: { urgency: "unimportant" } }] }, "Debian:12")).toBe(
      "note",
    )
  })
  it("that was withdrawn is none", () => expect(level({ withdrawn: "2026-01-01T00:00:00Z" })).toBeUndefined())
  it("is told with package, words, CVE and fix", () => {
    const entry = {
      id: "GHSA-1",
      summary: "Overflow.",
      aliases: ["CVE-2026-1"],
      affected: [{ ...fixed[0]!, package: { name: "@x/y" } }],
    }
    const [found] = findingsOf(
      queriesOf(inventory).slice(2),
      { answers: [["GHSA-1"]], entries: { "GHSA-1": entry } },
      "a/Dockerfile",
    )
    expect(found).toMatchObject({
      file: "a/Dockerfile",
      rule: "GHSA-1",
      text: "@x/y@2.0.0 (npm): Overflow (CVE-2026-1); fixed in 2",
    })
  })
  it.each([
    ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8],
    ["CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1],
    ["CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8],
    ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0],
    ["CVSS:3.1/AV:N", undefined],
    ["CVSS:2.0/AV:N", undefined],
  ])("scores %s as %s", (vector, score) => expect(cvssScore(vector)).toBe(score))
})

describe("words", () => {
  it("of an error leave out the request, and are none where the runtime has none", () => {
    expect(wordsOfError(new Error('input: query: { a { b } }\n error: "/x": not found [traceparent:00-1]'))).toContain(
      '"/x": not found',
    )
    expect(wordsOfError(new Error("Encountered an unknown error while requesting data via graphql"))).toBe("")
  })
  it("of a COPY name what has to be in the context", () => {
    const copy = (text: string, flags: string[] = []) => copiedFiles({ word: "COPY", text, flags })
    expect(copy("a ./b c/")).toEqual(["a", "./b"])
    expect(copy('["a b", "/c"]')).toEqual(["a b"])
    expect(copy("a* $B https://x/y z /")).toEqual(["z"])
    expect(copy("a b", ["--from=x"])).toEqual([])
  })
  it("of a number get a group in an image without a list of users", () => {
    expect(userWithGroup("65532", false)).toBe("65532:0")
    expect(["", "app", "1:1"].map((user) => userWithGroup(user, false))).toEqual([undefined, undefined, undefined])
    expect(userWithGroup("65532", true)).toBeUndefined()
  })
  it.each([
    ["", true],
    ["root", true],
    ["0:0", true],
    ["1000", false],
    ["rooted", false],
  ] as const)("user %j may be root: %s", (user, root) => expect(mayBeRoot(user)).toBe(root))
})

describe("the list of an image's packages", () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "image-"))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const write = (path: string, content: string | Buffer, mode = 0o644) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content, { mode })
  }
  const listed = () => {
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", inventoryScript, folder], { encoding: "utf8" })
    expect(stderr).toBe("")
    return JSON.parse(stdout) as Inventory
  }
  it("reads Debian's, Python's and npm's", () => {
    write("etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n')
    write(
      "var/lib/dpkg/status",
      [
        "Package: libc6\nStatus: install ok installed\nSource: glibc (2.36-9)\nVersion: 2.36-9+b1\n",
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n",
      ].join("\n"),
    )
    write(
      "usr/lib/python3/dist-packages/Typing_Extensions-4.1.dist-info/METADATA",
      "Name: Typing_Extensions\nVersion: 4.1\n\nVersion: 9\n",
    )
    write("app/node_modules/@x/y/package.json", '{"name":"@x/y","version":"2.0.0"}')
    write("app/node_modules/z/test/package.json", '{"name":"inner","version":"1"}')
    write("app/package.json", '{"name":"own","version":"1"}')
    write("app/lib.jar", "")
    expect(listed()).toEqual({
      os: "Debian GNU/Linux 12 (bookworm)",
      components: [
        {
          ecosystem: "Debian:12",
          type: "deb",
          name: "glibc",
          version: "2.36-9",
          package: "libc6",
          packageVersion: "2.36-9+b1",
        },
        { ecosystem: "PyPI", type: "pypi", name: "typing-extensions", version: "4.1" },
        { ecosystem: "npm", type: "npm", name: "@x/y", version: "2.0.0" },
      ],
      unread: { "Java archives": 1 },
      machines: {},
    })
  })
  it("reads Alpine's, and knows rpm's by its database", () => {
    write("etc/os-release", "ID=alpine\nVERSION_ID=3.20.3\n")
    write("lib/apk/db/installed", "P:libcrypto3\nV:3.3.1-r0\no:openssl\n\nP:musl\nV:1.2.5-r0\no:musl\n")
    write("var/lib/rpm/rpmdb.sqlite", "")
    const { components, unread } = listed()
    expect(components.map(({ ecosystem, name, version }) => [ecosystem, name, version])).toEqual([
      ["Alpine:v3.20", "musl", "1.2.5-r0"],
      ["Alpine:v3.20", "openssl", "3.3.1-r0"],
    ])
    expect(unread).toEqual({ "an rpm database": 1 })
  })
  it("reads the modules of Go programs", () => {
    const info =
      "path\tx\nmod\tx\t(devel)\t\ndep\texample.com/a\tv1.2.3\th1:x=\ndep\texample.com/b\tv1.0.0\n=>\texample.com/c\tv2.0.0\th1:y=\n"
    const marks = ["3077af0c9274080241e1c107e6d618e6", "f932433186182072008242104116d8f2"].map((hex) =>
      Buffer.from(hex, "hex"),
    )
    const head = Buffer.concat([
      Buffer.from([0xff]),
      Buffer.from(" Go buildinf:\u0008\u0002"),
      Buffer.alloc(16),
      Buffer.from("go1.26.8"),
    ])
    write(
      "app/api",
      Buffer.concat([Buffer.alloc(200_000), head, Buffer.alloc(64), marks[0]!, Buffer.from(info), marks[1]!]),
      0o755,
    )
    expect(listed().components.map(({ name, version }) => `${name}@${version}`)).toEqual([
      "example.com/a@v1.2.3",
      "example.com/c@v2.0.0",
      "stdlib@1.26.8",
    ])
  })
  it("counts programs by what they run on", () => {
    const elf = (machine: number) => {
      const head = Buffer.alloc(100)
      head.write("\x7fELF\x02\x01", "latin1")
      head.writeUInt16LE(machine, 18)
      return head
    }
    write("bin/a", elf(62), 0o755)
    write("bin/b", elf(62), 0o755)
    write("bin/c", elf(183), 0o755)
    write("bin/script", `#!/bin/sh\n${"#".repeat(100)}\n`, 0o755)
    write("lib/data", elf(40))
    expect(listed().machines).toEqual({ amd64: 2, arm64: 1 })
  })
  it("of nothing is empty", () => expect(listed()).toEqual({ os: "", components: [], unread: {}, machines: {} }))
})

describe("the query of the database", () => {
  const asked = async (answers: Record<string, unknown>, queries: unknown[]): Promise<Answer> => {
    const server = createServer((request, response) => {
      const answer = answers[request.url ?? ""]
      response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer))
    })
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    const { spawn } = await import("node:child_process")
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const child = spawn(process.execPath, ["-e", osvScript, url])
    child.stdin.end(JSON.stringify(queries))
    let text = ""
    child.stdout.on("data", (data: Buffer) => (text += data.toString()))
    await new Promise((done) => child.on("close", done))
    server.close()
    return JSON.parse(text) as Answer
  }
  it("gives the vulnerabilities of each query", async () =>
    expect(
      await asked(
        {
          "/v1/querybatch": { results: [{}, { vulns: [{ id: "V-1" }] }] },
          "/v1/vulns/V-1": { id: "V-1", summary: "x" },
        },
        [{}, {}],
      ),
    ).toEqual({ answers: [[], ["V-1"]], entries: { "V-1": { id: "V-1", summary: "x" } } }))
  it.each([
    ["does not answer well", {}, "it answers 404"],
    ["answers something else", { "/v1/querybatch": {} }, "its answer has no result for each query"],
    ["lacks an entry", { "/v1/querybatch": { results: [{ vulns: [{ id: "V-1" }] }] } }, "it answers 404"],
  ])("of one that %s is unreachable", async (_, answers, unreachable) =>
    expect(await asked(answers, [{}])).toEqual({ unreachable }),
  )
  it("of nothing asks nothing", async () => expect(await asked({}, [])).toEqual({ answers: [], entries: {} }))
})
