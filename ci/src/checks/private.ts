// Access to private modules and packages: secrets that reach the commands that download, and nothing else. Without access, the
// modules are called as if there were no such option, so that the cache keys stay the same.
import { Directory, Golang, Gosec, Node, Secret, dag } from "@dagger.io/dagger"

/** Access to private modules and packages, as the caller gives it. */
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

/** Returns the modules that Go services depend on, downloaded with the access; undefined if tools can download them themselves. */
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
