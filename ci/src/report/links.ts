// Addresses of files in the hosted repository, read from git's own files.

/** Returns the address of a file and a line of it, if it has one. */
export type Link = (file: string, line?: number) => string | undefined

/**
 * Returns the web page of a repository from its git remote (https, ssh, or git@host:path), without user, password and ssh port;
 * undefined for a local folder and for anything that is not a remote.
 */
export function pageOf(remote: string): string | undefined {
  const text = remote.trim()
  const [, user, host, path] = /^(?:([\w.-]+)@)?((?:[a-z0-9-]+\.)+[a-z0-9-]+):(?!\/\/)\/?(\S+)$/i.exec(text) ?? []
  if (host) return user || path!.includes("/") ? page("https:", host, path!) : undefined
  if (!/^(https?|ssh|git\+ssh):\/\//i.test(text)) return undefined
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return undefined
  }
  const web = /^https?:$/.test(url.protocol)
  return page(web ? url.protocol : "https:", web ? url.host : url.hostname, url.pathname)
}

function page(protocol: string, host: string, path: string): string | undefined {
  const parts = path
    .replace(/\.git\/?$/, "")
    .split("/")
    .filter((part) => part !== "")
  if (
    parts.length < 2 ||
    parts.some((part) => !/^[\w.~-]+$/.test(part) || /^\.+$/.test(part)) ||
    !/^[a-z0-9.-]+(:\d+)?$/i.test(host)
  )
    return undefined
  return `${protocol}//${host.toLowerCase()}/${parts.join("/")}`
}

/**
 * Returns the addresses of files at a commit in the form of GitHub, GitLab, Bitbucket or a Bitbucket server. Another host has none,
 * unless delivery.yaml names it (`named`): then in GitHub's form.
 */
export function linksTo(repository: string | undefined, commit: string, named = false): Link {
  if (!repository || !/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit)) return () => undefined
  const { host, origin, pathname } = new URL(repository)
  const spelling = spellings.find(([name]) => name.test(host))?.[1] ?? (named ? github : undefined)
  return (file, line = 0) => {
    const parts = file.split("/")
    if (!spelling || file === "" || parts.some((part) => part === "" || part === "." || part === "..")) return undefined
    return spelling(
      origin,
      pathname.replace(/\/$/, ""),
      commit,
      parts
        .map((part) => encodeURIComponent(part).replace(/[()']/g, (c) => `%${c.charCodeAt(0).toString(16)}`))
        .join("/"),
      line,
    )
  }
}

type Spelling = (origin: string, path: string, commit: string, file: string, line: number) => string

const github: Spelling = (origin, path, commit, file, line) =>
  `${origin}${path}/blob/${commit}/${file}${line ? `#L${line}` : ""}`
const spellings: [RegExp, Spelling][] = [
  [/(^|\.)github\./, github],
  [
    /(^|\.)gitlab\./,
    (origin, path, commit, file, line) => `${origin}${path}/-/blob/${commit}/${file}${line ? `#L${line}` : ""}`,
  ],
  [
    /^bitbucket\.org$/,
    (origin, path, commit, file, line) => `${origin}${path}/src/${commit}/${file}${line ? `#lines-${line}` : ""}`,
  ],
  [
    /(^|\.)bitbucket\./,
    (origin, path, commit, file, line) => {
      const [project, name] = path
        .replace(/^\/scm\//, "/")
        .split("/")
        .slice(1)
      return `${origin}/projects/${project}/repos/${name}/browse/${file}?at=${commit}${line ? `#${line}` : ""}`
    },
  ],
]

/** Returns the address of the remote `origin` in the text of .git/config; empty if there is none. */
export function originIn(config: string): string {
  const section = /^\s*\[remote "origin"\]([^[]*)/m.exec(config)?.[1] ?? ""
  return /^\s*url\s*=\s*"?([^"\n]*?)"?\s*$/m.exec(section)?.[1] ?? ""
}

/** Returns the commit of a text of .git/HEAD; `read` returns the text of a file below .git, if it exists. */
export async function commitOf(head: string, read: (file: string) => Promise<string | undefined>): Promise<string> {
  const [, ref] = /^ref: (refs\/\S+)$/.exec(head.trim()) ?? []
  if (!ref) return head.trim()
  const loose = await read(ref)
  if (loose) return loose.trim()
  const packed = (await read("packed-refs")) ?? ""
  return (
    packed
      .split("\n")
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(" ")[0] ?? ""
  )
}
