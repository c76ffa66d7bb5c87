// Access to private modules and packages: secrets that reach the commands that fetch, and nothing else. A call without them is what it would be if there were none.
import { Golang, Gosec, Node, Secret, dag } from "@dagger.io/dagger"

/** What a caller gives. */
export interface Access {
  netrc?: Secret
  goproxy?: Secret
  goprivate?: string
  npmrc?: Secret
}

export function golang({ netrc, goproxy, goprivate = "" }: Access): Golang {
  return netrc || goproxy || goprivate ? dag.golang().withPrivate({ netrc, goproxy, goprivate, proxyName: "goproxy" }) : dag.golang()
}

export function gosec({ netrc, goproxy, goprivate = "" }: Access): Gosec {
  return netrc || goproxy || goprivate ? dag.gosec().withPrivate({ netrc, goproxy, goprivate, proxyName: "goproxy" }) : dag.gosec()
}

export function node({ npmrc }: Access): Node {
  return npmrc ? dag.node().withPrivate(npmrc) : dag.node()
}
