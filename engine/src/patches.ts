// What is mended in Dagger itself where the engine is built here. Short, each with its reason; gone when the version that has it is used.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** One change of a source file: the text that must stand there exactly once, and the text that takes its place. */
export interface Patch {
  file: string
  before: string
  after: string
}

/**
 * Six faults of v0.19.10, each of which costs more than what caused it, and three savings.
 *
 * A session that ends while an exec that may fail still runs ends v0.19.10's whole engine. What the exec has left is gathered under the
 * cancelled context: solving a part of it may give neither an error nor a reference, and the reference is dereferenced; or there are
 * parts although none of the mounts had been prepared, and the list of those is read beyond its end. With an error in the first case
 * nothing is gathered, and the exec's own error stands.
 *
 * An engine that is killed while it commits a snapshot leaves a record that says the snapshot is still being written. The next start asks for its
 * mounts, is refused, and gives up with the whole cache. With the guard that one record is forgotten, as one with a dirty overlay is.
 *
 * An engine whose cache is over its cap deletes one record, looks at all of them again, and so on: with 20 GB in small records that is minutes of 1.3 cores after every session, and calls beside it
 * take five times as long (docs/decisions/0037-cache-pruning-in-batches.md). A hundredth of what may go is deleted at a time, the least recently used first as before.
 *
 * A new record is in the list before it is marked as used. What prunes the cache and gets its turn in between takes it for the least recently used of all and deletes it; who made it then fails with
 * "failed to commit … during finalize: … snapshot … does not exist" (docs/decisions/0038-cache-record-race.md). The list stays locked until the record is in use.
 *
 * A client is told that its session is there before the engine has it in its list, and asks at once; now and then the first question is answered with "session for … not found". Who is not in the
 * list is waited for, for a second.
 *
 * Each step of a query is a span and some log records, written to the database of the client that asked and to those of all its callers. A function's own is read by nobody and stays
 * empty (docs/decisions/0041-no-function-telemetry.md).
 *
 * An exec without a host name of its own could take a network namespace out of a pool that is there for it. It is given the name `dagger` first, and so has one made for itself alone, by some ten
 * programs (docs/decisions/0043-network-namespace-pool.md). The name is given after that now.
 *
 * Each exec has a cgroup of its own, and all cgroups the same share of the processors, so what \`nice\` says stays within one. A command that begins with it has the share of nice 10 where there is
 * such a controller (docs/decisions/0044-tests-get-priority.md).
 */
export const patches: Patch[] = [
  {
    file: "core/dagop.go",
    before: "\t\t\tcachedRes, err := res.Ref.Result(ctx)\n",
    after:
      '\t\t\tif res.Ref == nil {\n\t\t\t\treturn nil, fmt.Errorf("solving what the exec left gave no reference: %v", context.Cause(ctx))\n\t\t\t}\n\t\t\tcachedRes, err := res.Ref.Result(ctx)\n',
  },
  {
    file: "core/container_exec.go",
    before: "\t\t\t\texecMounts[p.OutputRefs[i].MountIndex] = res\n",
    after: "\t\t\t\tif i < len(p.OutputRefs) {\n\t\t\t\t\texecMounts[p.OutputRefs[i].MountIndex] = res\n\t\t\t\t}\n",
  },
  {
    file: "internal/buildkit/cache/manager.go",
    before:
      "\t\t\tdirtyVolatile, err := cr.hasDirtyVolatile(ctx)\n\t\t\tif err != nil {\n\t\t\t\treturn err\n\t\t\t}\n",
    after:
      '\t\t\tdirtyVolatile, err := cr.hasDirtyVolatile(ctx)\n\t\t\tif err != nil {\n\t\t\t\tbklog.G(ctx).Warnf("forgetting %s, which a killed engine has left: %v", cr.ID(), err)\n\t\t\t\tdirtyVolatile = true\n\t\t\t}\n',
  },
  {
    file: "internal/buildkit/cache/manager.go",
    before: "\t\tbatchSize = 1\n",
    after: "\t\tbatchSize = 1 + len(toDelete)/100\n",
  },
  {
    file: "internal/buildkit/cache/manager.go",
    before: "\tcm.records[id] = rec // TODO: save to db\n\tcm.mu.Unlock()\n",
    after: "\tcm.records[id] = rec // TODO: save to db\n\tdefer cm.mu.Unlock()\n",
  },
  {
    file: "engine/buildkit/executor_spec.go",
    before:
      '\tif state.procInfo.Meta.Hostname == "" {\n\t\tstate.procInfo.Meta.Hostname = defaultHostname\n\t}\n\tnetworkNamespace, err := provider.New(ctx, state.procInfo.Meta.Hostname)\n',
    after:
      '\tnetworkNamespace, err := provider.New(ctx, state.procInfo.Meta.Hostname)\n\tif state.procInfo.Meta.Hostname == "" {\n\t\tstate.procInfo.Meta.Hostname = defaultHostname\n\t}\n',
  },
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
  {
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
  },
  {
    file: "engine/server/session.go",
    before:
      "\t\t// save to our own client's DB\n\t\tsdktrace.WithSpanProcessor(telemetry.NewLiveSpanProcessor(\n\t\t\tclient.spanExporter,\n\t\t)),\n\t}\n",
    after:
      "\t}\n\tif client.fnCall == nil {\n\t\ttracerOpts = append(tracerOpts, sdktrace.WithSpanProcessor(telemetry.NewLiveSpanProcessor(\n\t\t\tclient.spanExporter,\n\t\t)))\n\t}\n",
  },
  {
    file: "engine/server/session.go",
    before: "\t\tsdklog.WithProcessor(logs),\n\t}\n",
    after: "\t}\n\tif client.fnCall == nil {\n\t\tloggerOpts = append(loggerOpts, sdklog.WithProcessor(logs))\n\t}\n",
  },
  {
    file: "engine/server/session.go",
    before: "\tfor _, parent := range client.parents {\n\t\ttracerOpts",
    after:
      "\tfor _, parent := range client.parents {\n\t\tif parent.fnCall != nil {\n\t\t\tcontinue\n\t\t}\n\t\ttracerOpts",
  },
]

/** A source text with a patch in it. Fails when the text is not the one that the patch was made for. */
export function patched(text: string, { file, before, after }: Patch): string {
  const parts = text.split(before)
  if (parts.length !== 2)
    throw new Error(
      `engine/src/patches.ts: ${file} has ${parts.length - 1} places that read ${JSON.stringify(before.trim())}, 1 is expected: the patch is for another version of Dagger`,
    )
  return parts.join(after)
}

/**
 * Copies the module's sources from `source` to `target`, patches them, and puts a go.mod and go.sum beside them that replace `module` by
 * the copy. Returns the go.mod's path, for `go build -modfile`.
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
