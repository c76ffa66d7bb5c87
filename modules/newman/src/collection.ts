// Which address the requests of a Postman collection go to: pure functions over its JSON.

interface Item {
  name?: string
  item?: Item[]
  request?: string | { url?: string | { raw?: string } }
  event?: unknown[]
}
interface Variable {
  key?: string
  value?: unknown
  disabled?: boolean
}
interface Collection {
  item?: Item[]
  event?: unknown[]
  auth?: unknown
  variable?: Variable[]
}

const advice = "begin each address with {{baseUrl}}"

/**
 * Why a collection cannot be run; "" if it can. One that does not use the address would test another deployment, and so would a
 * single request with a fixed host. `folders` are those that run, all by default; `given` are the names of variables that the
 * caller sets.
 */
export function collectionFault(text: string, folders: string[] = [], given: string[] = []): string {
  const collection = parsed(text)
  if (!Array.isArray(collection?.item)) return "collection: not a Postman collection in JSON"
  const { item, event, auth, variable = [] } = collection
  const chosen = folders.length ? folders.flatMap((name) => named(item, name)) : item
  const unused = "does not use the variable baseUrl, so it would not test url"
  const known = values(variable, given)
  const requests = chosen.flatMap((one) => requestsOf(one, []))
  // newman itself refuses a folder that is not there, and a run without a request tests nothing.
  if (folders.length && requests.length === 0) return ""
  // A script may make the address, and the definition of the variable is no use of it.
  const isMentioned = /\bbaseUrl\b/.test(JSON.stringify([chosen, event, auth]))
  const isUsed = isMentioned || requests.some(({ url }) => resolved(url, known).startsWith("{{baseUrl}}"))
  if (!isUsed) return `collection: ${folders.length ? `${folders.join(", ")} ` : ""}${unused}; ${advice}`
  const scripts = JSON.stringify([scriptsOf(chosen), event])
  if (/(?:pm\.(?:environment|variables)\.set|postman\.setEnvironmentVariable)\(\s*\\?["'`]baseUrl\b/.test(scripts))
    return "collection: a script sets the variable baseUrl, so it would not test url; leave it to the caller"
  // A script that reads the variable may replace a request's address.
  if (/\bbaseUrl\b/.test(scripts)) return ""
  const fixed = requests.find(({ url }) => isFixed(resolved(url, known)))
  return fixed
    ? `collection: the request ${fixed.name} goes to ${resolved(fixed.url, known)}, whatever url is; ${advice}, or with a ` +
        "variable that the caller sets"
    : ""
}

function parsed(text: string): Collection | undefined {
  try {
    return JSON.parse(text.replace(/^\ufeff/, "")) as Collection
  } catch {
    return undefined
  }
}

/** The folders and requests of a name, wherever they are. */
function named(items: Item[], name: string): Item[] {
  return items.flatMap((one) => (one.name === name ? [one] : named(one.item ?? [], name)))
}

function scriptsOf(items: Item[]): unknown[] {
  return items.flatMap(({ event = [], item = [] }) => [event, ...scriptsOf(item)])
}

/** The requests of a folder, with its name before their own. */
function requestsOf({ name = "", item = [], request }: Item, before: string[]): { name: string; url: string }[] {
  const path = [...before, name].filter((part) => part !== "")
  const url = typeof request === "string" ? request : request?.url
  const raw = typeof url === "string" ? url : url?.raw
  return [
    ...(raw === undefined ? [] : [{ name: path.join(" / "), url: raw.trim() }]),
    ...item.flatMap((one) => requestsOf(one, path)),
  ]
}

/** The values of the collection's own variables, without those that the caller sets, and disabled ones, which have none. */
function values(variables: Variable[], given: string[]): Map<string, string> {
  return new Map(
    variables
      .filter(({ key = "", disabled }) => !disabled && key !== "baseUrl" && !given.includes(key))
      .map(({ key = "", value }) => [key, typeof value === "string" ? value : ""]),
  )
}

/** An address with the values of variables that are known; one variable may name another. */
function resolved(url: string, known: Map<string, string>, deepest = 10): string {
  const next = url.replace(/\{\{([^{}]+)\}\}/g, (all, name: string) => known.get(name.trim()) ?? all)
  return next === url || deepest === 0 ? next : resolved(next, known, deepest - 1)
}

/** Whether an address has a host of its own; one that begins with a variable has that of a caller or script. */
function isFixed(url: string): boolean {
  return url !== "" && !url.startsWith("{{") && !/^[a-z]+:\/\/\{\{/i.test(url)
}
