// Names of images, and what the scripts print: pure.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { notRoot, pairs, versionText } from "../../modules/image/src/settings"
import { checkedPrefix, nameOf, parsePushed, trouble } from "../../modules/registry/src/read"
import {
  pullScript,
  pullTaggedScript,
  pushFilesScript,
  pushScript,
  normalize,
} from "../../modules/registry/src/scripts"

describe("a reference", () => {
  it("has a host, a path and a tag", () =>
    expect(nameOf("registry:5000/shop/api:6a57497")).toBe("registry:5000/shop/api"))
  it.each([
    "api:1",
    "registry:5000/api",
    "registry:5000/Shop/api:1",
    "registry/api@sha256:1",
    "registry/api:",
    "registry/a b:1",
  ])("%s is refused", (reference) =>
    expect(() => nameOf(reference)).toThrow(`reference: ${JSON.stringify(reference)} is not host/path:tag`),
  )
  it("never is latest", () => expect(() => nameOf("registry:5000/api:latest")).toThrow("the tag latest is not allowed"))
})

describe("registry", () => {
  const digest = `sha256:${"a".repeat(64)}`
  it("reads what was pushed and what was there", () =>
    expect(parsePushed(`noise\npushed ${digest} r:5000/a/b:1\nexists ${digest} r:5000/a/c:1\n`)).toEqual([
      { reference: "r:5000/a/b:1", byDigest: `r:5000/a/b@${digest}`, digest, pushed: true },
      { reference: "r:5000/a/c:1", byDigest: `r:5000/a/c@${digest}`, digest, pushed: false },
    ]))
  it("says what the registry said", () => {
    expect(trouble("2026 retrying\nError: GET https://r/v2/: UNAUTHORIZED: authentication required\n")).toContain(
      "the registry rejects the user or password",
    )
    expect(trouble("error: r/a:1 is already sha256:1")).toBe("r/a:1 is already sha256:1")
    expect(trouble("")).toBe("")
  })
  it("finds no refusal in the digits of a digest", () =>
    expect(trouble(`error: r/a:1 is already sha256:${"401".repeat(20)}4030`)).toMatch(/^r\/a:1 is already/))
  it("says that a login has expired, and what to do", () => {
    const denied = "DENIED: Your authorization token has expired. Reauthenticate and try again."
    expect(trouble(`Error: GET https://r: ${denied}`)).toMatch(
      /^the registry's login has expired: get a new one \(GET /,
    )
    expect(trouble("Error: POST https://r: DENIED: User: ci is not authorized")).toMatch(
      /^the user lacks the permission/,
    )
  })
})

describe("the files of an artefact", () => {
  /** Runs the script with a crane that gives this answer when it is asked for the tag's digest. */
  function pull(answer: string, ...args: string[]): { status: number | null; stderr: string; files: string[] } {
    const folder = mkdtempSync(join(tmpdir(), "pull-"))
    try {
      const crane = `#!/bin/bash\nif [ "$1" = digest ]; then ${answer}; else tar -C ${folder}/in -cf "$3" .; fi\n`
      writeFileSync(join(folder, "crane"), crane, { mode: 0o755 })
      mkdirSync(join(folder, "in"))
      writeFileSync(join(folder, "in/note.txt"), "here\n")
      const script = pullScript.replaceAll("/tmp", folder).replaceAll("/out", `${folder}/out`)
      const { status, stderr } = spawnSync("bash", ["-c", script, "get", "", "r:5000", "", "r:5000/a:1", ...args], {
        encoding: "utf8",
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
      })
      return { status, stderr, files: readdirSync(join(folder, "out")) }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const missing = "echo 'Error: GET https://r: MANIFEST_UNKNOWN' >&2; exit 1"
  const down = "echo 'Error: GET https://r: 503 Service Unavailable' >&2; exit 1"

  it("are there", () => expect(pull("echo sha256:1", "")).toEqual({ status: 0, stderr: "", files: ["note.txt"] }))
  it("of a tag that is missing are an error, or none if they are optional", () => {
    expect(pull(missing, "")).toEqual({ status: 5, stderr: "error: there is no r:5000/a:1\n", files: [] })
    expect(pull(missing, "optional")).toEqual({ status: 0, stderr: "", files: [] })
  })
  it.each(["", "optional"])("of a registry that does not answer are that error, not a missing tag (%j)", (optional) => {
    const { status, stderr } = pull(down, optional)
    expect(status).toBe(1)
    expect(stderr).toContain("503 Service Unavailable")
  })
})

describe("the files of artefacts by the beginning of their tags", () => {
  /** Runs the script with a crane that lists so, and whose artefacts hold the name of their tag. */
  function pull(list: string, prefix: string): { status: number | null; stderr: string; files: string[] } {
    const folder = mkdtempSync(join(tmpdir(), "tagged-"))
    try {
      const exports = [
        "tag=${2##*:}; if [ $tag = broken ]; then echo 'Error: 500' >&2; exit 1; fi",
        `mkdir -p ${folder}/$tag.in; echo $tag > ${folder}/$tag.in/note.txt; tar -C ${folder}/$tag.in -cf "$3" .`,
      ].join("; ")
      const crane = `#!/bin/bash\nif [ "$1" = ls ]; then ${list}; else ${exports}; fi\n`
      writeFileSync(join(folder, "crane"), crane, { mode: 0o755 })
      const script = pullTaggedScript.replaceAll("/tmp", folder).replaceAll("/out", `${folder}/out`)
      const { status, stderr } = spawnSync("bash", ["-c", script, "get", "", "r:5000", "", "r:5000/a", prefix], {
        encoding: "utf8",
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
      })
      return { status, stderr, files: readdirSync(join(folder, "out")).sort() }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it("are those of the tag and of its dotted names, and of no longer word", () =>
    expect(pull("printf '%s\\n' ab ab.x.1 abc abc.1 b.ab", "ab")).toEqual({
      status: 0,
      stderr: "",
      files: ["ab", "ab.x.1"],
    }))
  it("are all without a beginning, more than are asked for at once", () => {
    const names = Array.from({ length: 20 }, (_, i) => `t${String(i).padStart(2, "0")}`)
    expect(pull(`printf '%s\\n' ${names.join(" ")}`, "").files).toEqual(names)
  })
  it("are none in a repository that does not exist, and an error of a registry that does not answer", () => {
    expect(pull("echo 'Error: GET: NAME_UNKNOWN' >&2; exit 1", "a")).toEqual({ status: 0, stderr: "", files: [] })
    const down = pull("echo 'Error: GET https://r: 503 Service Unavailable' >&2; exit 1", "a")
    expect(down.status).toBe(1)
    expect(down.stderr).toContain("503 Service Unavailable")
  })
  it("are an error if one of them cannot be had", () => {
    const { status, stderr } = pull("printf '%s\\n' a broken c", "")
    expect(status).toBe(1)
    expect(stderr).toContain("Error: 500")
  })
  it("have a beginning that a tag can have", () => {
    expect(checkedPrefix("6a57497-dirty.verdict")).toBe("6a57497-dirty.verdict")
    for (const prefix of ["a b", ".a", "$(id)", "a/b"])
      expect(() => checkedPrefix(prefix)).toThrow("is not the beginning")
  })
})

describe("image", () => {
  const sha = "6a57497bcae011ae584da337ef8feb7ba971aace"
  it("writes a version", () =>
    expect(versionText(`${sha}-dirty`, "2026-01-31T12:00:00Z")).toBe(
      `{"sha":"${sha}-dirty","commitTime":"2026-01-31T12:00:00Z"}`,
    ))
  it("refuses a short hash, and what is no time", () => {
    expect(() => versionText("6a57", "2026-01-31T12:00:00Z")).toThrow('sha: "6a57" is not a commit')
    expect(() => versionText(sha, "soon")).toThrow('commitTime: "soon" is not a time in RFC 3339')
  })
  it.each(["0", "root", "0:0", "", "-1"])("refuses the user %j", (user) =>
    expect(() => notRoot(user)).toThrow("a numeric user above 0"),
  )
  it("takes a user and a group", () => expect(notRoot("101:101")).toBe("101:101"))
  it("reads pairs, and says which argument is wrong", () => {
    expect(pairs("env", ["A=1=2"], /^[A-Z]+$/)).toEqual([["A", "1=2"]])
    expect(() => pairs("labels", ["A"], /^[a-z]+$/)).toThrow('labels: "A" is not NAME=value')
    expect(() => pairs("env", ["A=1", "A=2"], /^[A-Z]+$/)).toThrow("env: A is given twice")
  })
})

describe("an image that is made still", () => {
  /** An image's folder in the OCI layout, as the engine writes it: its configuration with times and a history. */
  function layout(config: object): string {
    const folder = mkdtempSync(join(tmpdir(), "image-"))
    const blobs = join(folder, "blobs/sha256")
    mkdirSync(blobs, { recursive: true })
    const put = (text: string) => {
      const digest = createHash("sha256").update(text).digest("hex")
      writeFileSync(join(blobs, digest), text)
      return { digest: `sha256:${digest}`, size: text.length }
    }
    const manifest = put(
      JSON.stringify(
        {
          schemaVersion: 2,
          config: { mediaType: "application/vnd.oci.image.config.v1+json", ...put(JSON.stringify(config)) },
          layers: [],
        },
        null,
        2,
      ),
    )
    writeFileSync(
      join(folder, "index.json"),
      JSON.stringify({
        schemaVersion: 2,
        manifests: [{ mediaType: "application/vnd.oci.image.manifest.v1+json", ...manifest }],
      }),
    )
    return folder
  }
  /** What the image's configuration is after; its digest, and all blobs', have to fit. */
  function made(folder: string): { digest: string; config: object } {
    const { status, stderr } = spawnSync(
      "bash",
      ["-euo", "pipefail", "-c", `${normalize}\nnormalize "$1"`, "normalize", folder],
      {
        encoding: "utf8",
      },
    )
    expect(status, stderr).toBe(0)
    const blob = ({ digest, size }: { digest: string; size: number }) => {
      const text = readFileSync(join(folder, "blobs/sha256", digest.slice(7)), "utf8")
      expect([createHash("sha256").update(text).digest("hex"), text.length]).toEqual([digest.slice(7), size])
      return JSON.parse(text)
    }
    const [manifest] = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")).manifests
    const result = { digest: manifest.digest, config: blob(blob(manifest).config) }
    rmSync(folder, { recursive: true })
    return result
  }
  const labels = { "org.opencontainers.image.created": "2026-01-31T12:00:00Z", other: 'a "quoted" \\ [one]' }
  const config = (time: string, tool: string) => ({
    architecture: "amd64",
    config: { Labels: labels },
    created: time,
    history: [{ created: time, created_by: tool, comment: "c" }],
    os: "linux",
    rootfs: { type: "layers", diff_ids: ["sha256:1"] },
  })

  it("has the same digest whenever, and from whatever cache, it was made", () => {
    const [one, other] = [
      made(layout(config("2026-02-01T00:00:00Z", 'sh -c "echo [1]"'))),
      made(layout(config("2026-03-01T00:00:00Z", "pulled from \\ another"))),
    ]
    expect(one).toEqual(other)
    expect(one.config).toEqual({
      architecture: "amd64",
      config: { Labels: labels },
      created: labels["org.opencontainers.image.created"],
      os: "linux",
      rootfs: { type: "layers", diff_ids: ["sha256:1"] },
    })
  })
  it("has no time when no label gives one", () =>
    expect(made(layout({ created: "2026-02-01T00:00:00Z", architecture: "amd64", history: [] })).config).toEqual({
      architecture: "amd64",
    }))
})

describe("a push", () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "push-"))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const hash = (text: string) => createHash("sha256").update(text).digest("hex")
  /** Writes an image of one platform as the Nth tarball. */
  function image(n: number, architecture: string, words = ""): void {
    const at = join(folder, `image-${n}`)
    mkdirSync(join(at, "blobs/sha256"), { recursive: true })
    const put = (value: object) => {
      const text = JSON.stringify(value)
      writeFileSync(join(at, "blobs/sha256", hash(text)), text)
      return { digest: `sha256:${hash(text)}`, size: text.length }
    }
    const config = put({ architecture, os: "linux", config: { Labels: { words } } })
    const mediaType = "application/vnd.oci.image.manifest.v1+json"
    const manifest = put({ schemaVersion: 2, mediaType, config: { mediaType: "c", ...config }, layers: [] })
    writeFileSync(join(at, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, ...manifest }] }))
    mkdirSync(join(folder, "images"), { recursive: true })
    spawnSync("tar", ["-C", at, "-cf", join(folder, `images/${n}.tar`), "."])
  }
  /** Runs the script with a crane whose registry is a folder. */
  function push(references: string[], keep = ""): { status: number | null; stdout: string; stderr: string } {
    const crane = `#!/bin/bash
command=$1; shift; flag=; if [ "$1" = --index ]; then flag=$1; shift; fi
name() { echo "${folder}/registry/$(echo "$1" | tr / _)"; }
if [ "$command" = digest ]; then
  if [ -e "$(name "$1")" ]; then cat "$(name "$1")"; else echo MANIFEST_UNKNOWN >&2; exit 1; fi
  exit
fi
if [ "$flag" ]; then digest=sha256:$(sha256sum < "$1/index.json" | cut -c1-64); cp "$1/index.json" "$(name "$2").index"
else digest=$(sed -E 's/.*"digest":"(sha256:[0-9a-f]{64})".*/\\1/' "$1/index.json"); fi
echo "$digest" > "$(name "$2")"
`
    mkdirSync(join(folder, "registry"), { recursive: true })
    mkdirSync(join(folder, "tmp"), { recursive: true })
    writeFileSync(join(folder, "crane"), crane, { mode: 0o755 })
    const script = pushScript.replaceAll("/tmp", `${folder}/tmp`).replaceAll("/images/", `${folder}/images/`)
    const run = spawnSync("bash", ["-c", script, "push", "", "r:5000", "", ...references], {
      encoding: "utf8",
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, KEEP: keep },
    })
    rmSync(join(folder, "tmp"), { recursive: true })
    return { status: run.status, stdout: run.stdout, stderr: run.stderr }
  }
  const [api, web] = ["r:5000/a/api:1", "r:5000/a/web:1"]

  it("of images of one reference makes an index of their platforms", () => {
    image(1, "amd64")
    image(2, "arm64")
    image(3, "amd64", "web")
    const { status, stdout, stderr } = push([api, api, web])
    expect(status, stderr).toBe(0)
    const pushed = parsePushed(stdout)
    expect(pushed.map(({ reference, pushed }) => [reference, pushed])).toEqual([
      [api, true],
      [web, true],
    ])
    const text = readFileSync(join(folder, "registry/r:5000_a_api:1.index"), "utf8")
    expect(pushed[0]!.digest).toBe(`sha256:${hash(text)}`)
    const index = JSON.parse(text) as {
      mediaType: string
      manifests: { platform: object; digest: string; size: number }[]
    }
    expect(index.mediaType).toBe("application/vnd.oci.image.index.v1+json")
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { architecture: "amd64", os: "linux" },
      { architecture: "arm64", os: "linux" },
    ])
    expect(push([api, api, web]).stdout.match(/^exists /gm)).toHaveLength(2)
  })
  it("of two images for one platform is refused", () => {
    image(1, "amd64")
    image(2, "amd64", "another")
    const { status, stderr } = push([api, api])
    expect(status).toBe(3)
    expect(stderr).toContain('two images of one reference are for {"architecture":"amd64","os":"linux"}')
  })
  it("never moves a tag, and pushes nothing then", () => {
    image(1, "amd64")
    push([api])
    image(1, "amd64", "another")
    image(2, "amd64", "web")
    const { status, stderr } = push([api, web])
    expect(status).toBe(3)
    expect(stderr).toMatch(/r:5000\/a\/api:1 is already sha256:\w+, and this image is sha256:\w+: a tag is never moved/)
    expect(readdirSync(join(folder, "registry"))).toEqual(["r:5000_a_api:1"])
  })
  it("keeps the image of a tag that it is told to keep", () => {
    image(1, "amd64")
    const [first] = parsePushed(push([api]).stdout)
    image(1, "amd64", "another")
    image(2, "amd64", "web")
    const { status, stdout } = push([api, web], `${api}\nother`)
    expect(status).toBe(0)
    expect(parsePushed(stdout)).toMatchObject([
      { digest: first!.digest, pushed: false },
      { reference: web, pushed: true },
    ])
  })
})

describe("files that are stored", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "files-"))
    mkdirSync(join(folder, "files"))
    mkdirSync(join(folder, "registry"))
    writeFileSync(join(folder, "files/note.txt"), "here\n")
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /**
   * Runs the script with a crane whose registry is a folder: a file for each tag, with its digest. It is as strict as
   * ECR; before it answers a push it runs `meanwhile`.
   */
  function store(references: string[], { move = "", meanwhile = ":" } = {}) {
    const crane = `#!/bin/bash
command=$1; shift
name() { echo "${folder}/registry/$(echo "$1" | tr / _)"; }
if [ -e "${folder}/refuses" ]; then cat "${folder}/refuses" >&2; exit 1; fi
if [ "$command" = digest ]; then
  if [ -e "$(name "$1")" ]; then cat "$(name "$1")"; exit; fi
  case "$1" in *missing*) what=NAME;; *) what=MANIFEST;; esac
  echo "Error: GET https://r: \${what}_UNKNOWN: none" >&2
  exit 1
fi
${meanwhile}
echo "$2" >> "${folder}/pushes"
case "$2" in *missing*) echo 'Error: Post "https://r/v2/missing/blobs/uploads/": EOF' >&2; exit 1;; esac
if [ -e "$(name "$2")" ] && [ -z "$MOVE" ]; then echo "Error: PUT https://r: TAG_INVALID: immutable" >&2; exit 1; fi
sed -E 's/.*"digest":"(sha256:[0-9a-f]{64})".*/\\1/' "$1/index.json" > "$(name "$2")"
`
    rmSync(join(folder, "tmp"), { recursive: true, force: true })
    mkdirSync(join(folder, "tmp"))
    writeFileSync(join(folder, "crane"), crane, { mode: 0o755 })
    const script = pushFilesScript.replaceAll("/tmp/", `${folder}/tmp/`).replace("-C /files", `-C ${folder}/files`)
    const run = spawnSync("bash", ["-c", script, "push", "", "r:5000", "", ...references], {
      encoding: "utf8",
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, MOVE: move },
    })
    return { status: run.status, digest: run.stdout.trim(), trouble: trouble(run.stderr) }
  }
  const pushes = (): string[] =>
    existsSync(join(folder, "pushes")) ? readFileSync(join(folder, "pushes"), "utf8").trim().split("\n") : []
  const [one, two] = ["r:5000/a/files:1", "r:5000/a/files:2"]

  it("are an image of one layer that fits its digests", () => {
    const { digest, status } = store([one])
    expect(status).toBe(0)
    const blob = (of: string) => readFileSync(join(folder, "tmp/layout/blobs/sha256", of.slice(7)))
    const fits = (descriptor: { digest: string; size: number }) => {
      const bytes = blob(descriptor.digest)
      expect([`sha256:${createHash("sha256").update(bytes).digest("hex")}`, bytes.length]).toEqual([
        descriptor.digest,
        descriptor.size,
      ])
      return bytes
    }
    const index = JSON.parse(readFileSync(join(folder, "tmp/layout/index.json"), "utf8"))
    expect(index.manifests[0].digest).toBe(digest)
    const manifest = JSON.parse(String(fits(index.manifests[0])))
    const layer = fits(manifest.layers[0])
    const { rootfs } = JSON.parse(String(fits(manifest.config)))
    const content = gunzipSync(layer)
    expect(rootfs.diff_ids).toEqual([`sha256:${createHash("sha256").update(content).digest("hex")}`])
    expect(String(content)).toContain("note.txt")
  })
  it("are not pushed again under a tag that has them, whenever and with whatever umask they were written", () => {
    const first = store([one])
    utimesSync(join(folder, "files/note.txt"), 1, 1)
    chmodSync(join(folder, "files/note.txt"), 0o600)
    expect(store([one, two])).toEqual(first)
    expect(pushes()).toEqual([one, two])
  })
  it("never move a tag, and none is pushed then", () => {
    const { digest } = store([one])
    writeFileSync(join(folder, "files/note.txt"), "other\n")
    const { status, trouble } = store([two, one])
    expect(status).toBe(3)
    expect(trouble).toMatch(
      /^r:5000\/a\/files:1 is already sha256:\w{64}, and these files are sha256:\w{64}: a tag is /,
    )
    expect(trouble).toContain(digest)
    expect(pushes()).toEqual([one])
  })
  it("move a tag where the caller says so", () => {
    const { digest } = store([one])
    writeFileSync(join(folder, "files/note.txt"), "other\n")
    const { status, digest: now } = store([one], { move: "yes" })
    expect(status).toBe(0)
    expect(readFileSync(join(folder, "registry/r:5000_a_files:1"), "utf8").trim()).toBe(now)
    expect(now).not.toBe(digest)
  })
  it("are there if another run has pushed the same at the same time; something else is an error", () => {
    const { digest } = store([one])
    const meanwhile = (text: string) => `echo "${text}" > "${folder}/registry/r:5000_a_files:2"`
    expect(store([two], { meanwhile: meanwhile(digest) })).toMatchObject({ status: 0, digest })
    rmSync(join(folder, "registry/r:5000_a_files:2"))
    const { status, trouble } = store([two], { meanwhile: meanwhile(`sha256:${"0".repeat(64)}`) })
    expect(status).toBe(3)
    expect(trouble).toMatch(
      /files:2 should be sha256:\w{64}, but the registry has sha256:0{64}: another run has pushed it/,
    )
  })
  it("name a repository that is missing, and how to create it", () => {
    const { status, trouble } = store(["r:5000/a/missing:1"])
    expect(status).toBe(1)
    expect(trouble).toBe(
      "r:5000 has no repository a/missing, and a push does not create it: create it first, " +
        "by Terraform (aws_ecr_repository) or by the function ensure of modules/ecr",
    )
  })
  it.each([
    ["Error: GET https://r: DENIED: Your authorization token has expired. Reauthenticate.", 4],
    ["Error: GET https://r: unexpected status code 401 Unauthorized: Not Authorized", 4],
    ["Error: GET https://r: DENIED: User: dev is not authorized to perform: ecr:BatchGetImage", 1],
  ])("%s has the exit code %i", (words, code) => {
    writeFileSync(join(folder, "refuses"), words)
    expect(store([one]).status).toBe(code)
  })
})
