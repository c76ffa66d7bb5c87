// What the Go modules of a service need, on a source in memory that answers as the engine does.
import { describe, expect, it } from "vitest"
import { goFolders } from "../../ci/src/checks/inputs"

/** The engine refuses to look for something below a file. */
function sourceOf(files: string[]) {
  const isFolder = (path: string): boolean => files.some((file) => file.startsWith(`${path}/`))
  return {
    exists: async (path: string, { expectedType = "" } = {}) => {
      const file = files.find((one) => path.startsWith(`${one}/`))
      if (file) throw new Error(`lstat ${path}: not a directory`)
      return expectedType === "DIRECTORY_TYPE" ? isFolder(path) : isFolder(path) || files.includes(path)
    },
  } as never
}

describe("the folders of a service", () => {
  it("may have files among its inputs, and folders without a go.mod", async () => {
    const source = sourceOf(["web/package.json", "services/shop/openapi.yaml", "texts/en.json"])
    expect(await goFolders(source, "web", ["services/shop/openapi.yaml", "texts", "gone"])).toEqual([
      "gone",
      "services/shop/openapi.yaml",
      "texts",
      "web",
    ])
  })
})
