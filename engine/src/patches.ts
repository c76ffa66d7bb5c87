// Patches of Dagger's own sources, applied when the engine is built here. Each is removed once a version contains it.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** One change of a source file: `before` must occur exactly once and is replaced by `after`. */
export interface Patch {
  file: string
  before: string
  after: string
}

/** Joins lines, each with its line end. */
const lines = (...texts: string[]): string => texts.map((text) => `${text}\n`).join("")

/**
 * A session that ends while an exec that may fail is still running makes the whole engine of v0.19.10 crash. The results
 * of the exec are collected under the cancelled context. Solving one of them may return neither an error nor a reference,
 * and the reference is dereferenced; or there are results although no mount was prepared, and the list of mounts is read
 * beyond its end. With the error in the first case nothing is collected, and the exec's own error is reported.
 */
const cancelledExec: Patch[] = [
  {
    file: "core/dagop.go",
    before: "\t\t\tcachedRes, err := res.Ref.Result(ctx)\n",
    after: lines(
      "\t\t\tif res.Ref == nil {",
      '\t\t\t\treturn nil, fmt.Errorf("solving what the exec left gave no reference: %v", context.Cause(ctx))',
      "\t\t\t}",
      "\t\t\tcachedRes, err := res.Ref.Result(ctx)",
    ),
  },
  {
    file: "core/container_exec.go",
    before: "\t\t\t\texecMounts[p.OutputRefs[i].MountIndex] = res\n",
    after: lines(
      "\t\t\t\tif i < len(p.OutputRefs) {",
      "\t\t\t\t\texecMounts[p.OutputRefs[i].MountIndex] = res",
      "\t\t\t\t}",
    ),
  },
]

/**
 * An engine that is killed while it commits a snapshot leaves a record that says that the snapshot is being written. The
 * next start requests its mounts, is refused, and gives up with the whole cache. With the guard only that one record is
 * dropped, as a record with a dirty overlay is.
 */
const recordOfKilledEngine: Patch = {
  file: "internal/buildkit/cache/manager.go",
  before: lines(
    "\t\t\tdirtyVolatile, err := cr.hasDirtyVolatile(ctx)",
    "\t\t\tif err != nil {",
    "\t\t\t\treturn err",
    "\t\t\t}",
  ),
  after: lines(
    "\t\t\tdirtyVolatile, err := cr.hasDirtyVolatile(ctx)",
    "\t\t\tif err != nil {",
    '\t\t\t\tbklog.G(ctx).Warnf("forgetting %s, which a killed engine has left: %v", cr.ID(), err)',
    "\t\t\t\tdirtyVolatile = true",
    "\t\t\t}",
  ),
}

/**
 * An engine whose cache is over its cap deletes one record, reads all records again, and so on: with 20 GB in small
 * records that takes minutes of 1.3 cores after every session, and calls at the same time take five times as long
 * (docs/decisions/0037-cache-pruning-in-batches.md). With the patch it deletes a hundredth of the candidates at a time,
 * the least recently used first as before.
 */
const pruningInBatches: Patch = {
  file: "internal/buildkit/cache/manager.go",
  before: "\t\tbatchSize = 1\n",
  after: "\t\tbatchSize = 1 + len(toDelete)/100\n",
}

/**
 * A new record is in the list before it is marked as used. Pruning that runs in between takes it for the least recently
 * used record and deletes it; its creator then fails with "failed to commit … during finalize: … snapshot … does not
 * exist" (docs/decisions/0038-cache-record-race.md). With the patch the list stays locked until the record is in use.
 */
const recordRace: Patch = {
  file: "internal/buildkit/cache/manager.go",
  before: "\tcm.records[id] = rec // TODO: save to db\n\tcm.mu.Unlock()\n",
  after: "\tcm.records[id] = rec // TODO: save to db\n\tdefer cm.mu.Unlock()\n",
}

/**
 * An exec without a host name of its own could take a network namespace from a pool that exists for that purpose. But it
 * gets the name `dagger` first, and so a namespace that some ten programs make for it alone
 * (docs/decisions/0043-network-namespace-pool.md). With the patch it gets the name afterwards.
 */
const namespacePool: Patch = {
  file: "engine/buildkit/executor_spec.go",
  before: lines(
    '\tif state.procInfo.Meta.Hostname == "" {',
    "\t\tstate.procInfo.Meta.Hostname = defaultHostname",
    "\t}",
    "\tnetworkNamespace, err := provider.New(ctx, state.procInfo.Meta.Hostname)",
  ),
  after: lines(
    "\tnetworkNamespace, err := provider.New(ctx, state.procInfo.Meta.Hostname)",
    '\tif state.procInfo.Meta.Hostname == "" {',
    "\t\tstate.procInfo.Meta.Hostname = defaultHostname",
    "\t}",
  ),
}

/**
 * A client learns that its session exists before the engine has it in its list, and sends a request at once; now and then
 * the first answer is "session for … not found". With the patch the engine waits one second for a client that is not in
 * the list.
 */
const sessionRace: Patch[] = [
  {
    file: "engine/buildkit/client.go",
    before: '\t"sync"\n',
    after: '\t"sync"\n\t"time"\n',
  },
  {
    file: "engine/buildkit/client.go",
    before: "\tif caller == nil {\n\t\t// This error can happen due to",
    after: `\tif caller == nil {
\t\twaiting, cancel := context.WithTimeout(ctx, time.Second)
\t\tcaller, _ = c.SessionManager.Get(waiting, clientMetadata.ClientID, false)
\t\tcancel()
\t}
\tif caller == nil {
\t\t// This error can happen due to`,
  },
]

/**
 * Each exec has a cgroup of its own, and all cgroups have the same share of the processors, so `nice` has no effect
 * outside of one. With the patch a command that begins with `nice` has the share of nice 10, where there is such a
 * controller (docs/decisions/0044-tests-get-priority.md).
 */
const niceCgroups: Patch = {
  file: "engine/buildkit/executor_spec.go",
  before: "\tstate.spec = baseSpec\n",
  after: `\tif args := state.procInfo.Meta.Args; len(args) > 1 && slices.Contains(args[:2], "nice") {
\t\tif _, err := os.Stat("/sys/fs/cgroup/cpu/cpu.shares"); err == nil {
\t\t\tshares := uint64(110)
\t\t\tif baseSpec.Linux.Resources == nil {
\t\t\t\tbaseSpec.Linux.Resources = &specs.LinuxResources{}
\t\t\t}
\t\t\tbaseSpec.Linux.Resources.CPU = &specs.LinuxCPU{Shares: &shares}
\t\t}
\t}
\tstate.spec = baseSpec
`,
}

/**
 * Each step of a query is a span and some log records, written to the database of the client that sent the query and to
 * those of all its callers. Nobody reads a function's own database: with the patch it stays empty
 * (docs/decisions/0041-no-function-telemetry.md).
 */
const functionTelemetry: Patch[] = [
  {
    file: "engine/server/session.go",
    before: lines(
      "\t\t// save to our own client's DB",
      "\t\tsdktrace.WithSpanProcessor(telemetry.NewLiveSpanProcessor(",
      "\t\t\tclient.spanExporter,",
      "\t\t)),",
      "\t}",
    ),
    after: lines(
      "\t}",
      "\tif client.fnCall == nil {",
      "\t\ttracerOpts = append(tracerOpts, sdktrace.WithSpanProcessor(telemetry.NewLiveSpanProcessor(",
      "\t\t\tclient.spanExporter,",
      "\t\t)))",
      "\t}",
    ),
  },
  {
    file: "engine/server/session.go",
    before: "\t\tsdklog.WithProcessor(logs),\n\t}\n",
    after: lines(
      "\t}",
      "\tif client.fnCall == nil {",
      "\t\tloggerOpts = append(loggerOpts, sdklog.WithProcessor(logs))",
      "\t}",
    ),
  },
  {
    file: "engine/server/session.go",
    before: "\tfor _, parent := range client.parents {\n\t\ttracerOpts",
    after:
      lines("\tfor _, parent := range client.parents {", "\t\tif parent.fnCall != nil {", "\t\t\tcontinue", "\t\t}") +
      "\t\ttracerOpts",
  },
]

/** All patches. The engine is built again when one changes. */
export const patches: Patch[] = [
  ...cancelledExec,
  recordOfKilledEngine,
  pruningInBatches,
  recordRace,
  namespacePool,
  ...sessionRace,
  niceCgroups,
  ...functionTelemetry,
]

/** Applies a patch to a source text. Fails when the text is not the one that the patch was made for. */
export function patched(text: string, { file, before, after }: Patch): string {
  const parts = text.split(before)
  if (parts.length !== 2) {
    const found = `${parts.length - 1} places that read ${JSON.stringify(before.trim())}`
    throw new Error(
      `engine/src/patches.ts: ${file} has ${found}, 1 is expected: the patch is for another version of Dagger`,
    )
  }
  return parts.join(after)
}

/**
 * Copies the module's sources from `source` to `target`, patches them, and writes a go.mod and go.sum beside them that
 * replace `module` by the copy. Returns the path of the go.mod, for `go build -modfile`.
 */
export function patchedModule(module: string, source: string, target: string, project: string): string {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  cpSync(source, join(target, "source"), { recursive: true })
  for (const patch of patches) {
    const file = join(target, "source", patch.file)
    const text = patched(readFileSync(file, "utf8"), patch)
    rmSync(file)
    writeFileSync(file, text)
  }
  // Relative replacements are relative to the project, so they stay what they are.
  const goMod = join(target, "go.mod")
  writeFileSync(
    goMod,
    `${readFileSync(join(project, "go.mod"), "utf8")}\nreplace ${module} => ${join(target, "source")}\n`,
  )
  writeFileSync(join(target, "go.sum"), readFileSync(join(project, "go.sum"), "utf8"))
  return goMod
}
