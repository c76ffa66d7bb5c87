// Access to private modules and packages: secrets that reach the commands that fetch, and nothing else. A call without them is what it would be if there were none.
import { Directory, Golang, Gosec, Node, Secret, dag } from "@dagger.io/dagger"

/** What a caller gives. */
export interface Access {
  netrc?: Secret
  goproxy?: Secret
  goprivate?: string
  npmrc?: Secret
}

/** Whether Go modules need access of their own. */
export function isGiven({ netrc, goproxy, goprivate }: Access): boolean {
  return netrc !== undefined || goproxy !== undefined || !!goprivate
}

/** The modules that the Go services depend on, fetched with the access; none where tools may fetch them themselves. */
export function goModules(access: Access, source: Directory, paths: string[]): Directory | undefined {
  return isGiven(access) && paths.length ? golang(access).modules(source, { paths }) : undefined
}

export function golang(access: Access): Golang {
  const { netrc, goproxy, goprivate = "" } = access
  return isGiven(access) ? dag.golang().withPrivate({ netrc, goproxy, goprivate }) : dag.golang()
}

export function gosec(access: Access): Gosec {
  const { netrc, goproxy, goprivate = "" } = access
  return isGiven(access) ? dag.gosec().withPrivate({ netrc, goproxy, goprivate }) : dag.gosec()
}

export function node({ npmrc }: Access): Node {
  return npmrc ? dag.node().withPrivate(npmrc) : dag.node()
}
