// Steps of a job: commands are put in place, conditions decided, built-in steps checked.
import { evaluate, holds } from "./expressions"
import { isMap, type Json } from "./faults"
import { argumentsFor, declared } from "./parameters"
import { filled, lookedUp, type Scope } from "./templating"

/** A built-in step, with nothing left to fill in. */
export interface Step {
  kind: string
  options: Json
}

/** Built-in steps: what they take, and what they need. */
const builtIn: Record<string, { takes: string[]; needs: string[] }> = {
  run: {
    takes: [
      ...["command", "name", "shell", "environment", "background", "working_directory", "no_output_timeout", "when"],
      ...["max_auto_reruns", "auto_rerun_delay"],
    ],
    needs: ["command"],
  },
  checkout: { takes: ["path", "method", "name"], needs: [] },
  setup_remote_docker: { takes: ["docker_layer_caching", "prefer_same_region", "version"], needs: [] },
  save_cache: { takes: ["paths", "key", "name", "when"], needs: ["paths", "key"] },
  restore_cache: { takes: ["key", "keys", "name"], needs: [] },
  store_artifacts: { takes: ["path", "destination", "name"], needs: ["path"] },
  store_test_results: { takes: ["path", "name"], needs: ["path"] },
  persist_to_workspace: { takes: ["root", "paths"], needs: ["root", "paths"] },
  attach_workspace: { takes: ["at"], needs: ["at"] },
  add_ssh_keys: { takes: ["fingerprints"], needs: [] },
}

/** Returns a list of steps as built-in steps. */
export function stepsOf(value: unknown, path: string, scope: Scope, { commands, depth = 0 }: Library): Step[] {
  if (!Array.isArray(value)) return (scope.faults.add(path, value, "a list of steps"), [])
  if (depth > 20) return (scope.faults.add(path, "…", "commands may not call each other without end"), [])
  return value.flatMap((one, i) => stepOf(one, `${path}[${i}]`, scope, { commands, depth }))
}

interface Commands {
  commands: Json
  depth: number
}

type Library = Pick<Commands, "commands"> & Partial<Commands>

function stepOf(value: unknown, path: string, scope: Scope, { commands, depth }: Commands): Step[] {
  const { faults } = scope
  const pair = typeof value === "string" ? [value, {}] : isMap(value) ? Object.entries(value)[0] : undefined
  if (!pair || (isMap(value) && Object.keys(value).length !== 1))
    return (faults.add(path, value, "a step is a name, or one name with its options"), [])
  const [kind, options] = pair as [string, unknown]
  const at = `${path}.${kind}`
  if (kind === "when" || kind === "unless") {
    if (!isMap(options)) return (faults.add(at, options, "condition and steps"), [])
    faults.keys(at, options, ["condition", "steps"])
    const isChosen = decided(options.condition, `${at}.condition`, scope) === (kind === "when")
    const chosen = stepsOf(options.steps, `${at}.steps`, scope, { commands, depth: depth + 1 })
    return isChosen ? chosen : []
  }
  if (kind === "steps") return stepsOf(filled(options, at, scope), at, scope, { commands, depth: depth + 1 })
  if (Object.hasOwn(commands, kind)) return commandSteps(kind, options, at, { scope, commands, depth })
  const form = builtIn[kind]
  if (!form)
    return (
      faults.add(path, kind, `commands are ${[...Object.keys(commands), ...Object.keys(builtIn)].join(", ")}`),
      []
    )
  const ready = kind === "run" && typeof options === "string" ? { command: options } : (options ?? {})
  if (!isMap(ready)) return (faults.add(at, options, form.takes.join(", ")), [])
  faults.keys(at, ready, form.takes)
  for (const name of form.needs) if (ready[name] === undefined) faults.add(`${at}.${name}`, undefined, "it is required")
  const done = filled(ready, at, scope) as Json
  if (
    kind === "run" &&
    done.when !== undefined &&
    !(["always", "on_success", "on_fail"] as unknown[]).includes(done.when)
  )
    faults.add(`${at}.when`, done.when, "always, on_success, on_fail")
  return [{ kind, options: done }]
}

function commandSteps(
  name: string,
  options: unknown,
  path: string,
  { scope, commands, depth }: Commands & { scope: Scope },
): Step[] {
  const command = commands[name]
  const { faults } = scope
  if (!isMap(command)) return (faults.add(`commands.${name}`, command, "steps, parameters, description"), [])
  faults.keys(`commands.${name}`, command, ["steps", "parameters", "description"])
  const declarations = declared(command.parameters, `commands.${name}.parameters`, faults)
  const given = filled(options ?? {}, path, scope)
  if (!isMap(given)) return (faults.add(path, given, "a map of arguments"), [])
  const parameters = argumentsFor(declarations, given, path, faults)
  return stepsOf(
    command.steps,
    `commands.${name}.steps`,
    { ...scope, parameters, matrix: undefined },
    { commands, depth: depth + 1 },
  )
}

/** Decides a condition: an expression, or a logic statement. */
export function decided(value: unknown, path: string, scope: Scope): boolean {
  try {
    if (typeof value === "string" && !value.includes("<<"))
      return Boolean(evaluate(value, (name) => lookedUp(name, scope)))
    return holds(filled(value, path, scope))
  } catch (error) {
    scope.faults.add(path, value, (error as Error).message)
    return false
  }
}
