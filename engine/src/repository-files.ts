// The files of a repository as git has them, for scripts that read its names and manifests.
import { spawnSync } from "node:child_process"

/** The output of git in a folder; undefined if it failed. */
export function gitIn(folder: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync("git", ["-C", folder, ...args], { encoding: "utf8", maxBuffer: 1 << 28 })
  return status === 0 ? stdout : undefined
}

/** The files that git tracks or would add, by their paths from the folder; undefined outside of a repository. */
export function filesOf(folder: string): string[] | undefined {
  const text = gitIn(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
  return text?.split("\0").filter((file) => file !== "")
}
