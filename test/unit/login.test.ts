// A registry's login that ends while it is used: one new one, and then the registry's own words.
import { describe, expect, it } from "vitest"
import { trouble } from "../../modules/registry/src/read"
import { loggedIn, type Login } from "../../ci/src/release/login"

const expired = "DENIED: Your authorization token has expired. Reauthenticate and try again."
/** A login with as many passwords as are asked for, and a call that fails with these words for the first `failures`. */
function scene(words: string, failures: number, canRenew = true) {
  let asked = 1
  const login: Login<string> = { password: "1", renew: canRenew ? () => String(++asked) : undefined }
  const used: string[] = []
  const call = (): Promise<string> => {
    used.push(login.password!)
    return used.length > failures ? Promise.resolve("done") : Promise.reject(new Error(words))
  }
  return { login, call, used }
}

describe("a login", () => {
  it("that is good is used once", async () => {
    const { login, call, used } = scene("", 0)
    expect([await loggedIn(login, call), used]).toEqual(["done", ["1"]])
  })
  it.each([
    trouble(`Error: GET https://r/v2/a/manifests/1: ${expired}`),
    trouble("Error: GET https://r/v2/a/manifests/1: unexpected status code 401 Unauthorized: Not Authorized"),
    'authenticating to "r": GET "https://r/v2/": response status code 403: denied: the token has ended',
    "HEAD https://r/v2/a/blobs/sha256:1: unexpected status code 403 Forbidden",
  ])("is renewed once after %j", async (words) => {
    const { login, call, used } = scene(words, 1)
    expect([await loggedIn(login, call), used]).toEqual(["done", ["1", "2"]])
    // Later calls use the new one.
    expect(login.password).toBe("2")
    const hopeless = scene(words, 2)
    await expect(loggedIn(hopeless.login, hopeless.call)).rejects.toThrow(words)
    expect(hopeless.used).toEqual(["1", "2"])
  })
  it.each([`r/a:1 is already sha256:${"401".repeat(21)}4`, "503 Service Unavailable"])(
    "is not renewed after %j",
    async (words) => {
      const { login, call, used } = scene(words, 1)
      await expect(loggedIn(login, call)).rejects.toThrow(words)
      expect(used).toEqual(["1"])
    },
  )
  it("that the caller has given is not renewed", async () => {
    const { login, call, used } = scene(expired, 1, false)
    await expect(loggedIn(login, call)).rejects.toThrow("expired")
    expect(used).toEqual(["1"])
  })
  it("is renewed if the answer says that it is refused", async () => {
    const { login, used } = scene("", 0)
    const codes = [4, 0]
    const call = (): Promise<number> => Promise.resolve(codes[used.push(login.password!) - 1]!)
    expect([await loggedIn(login, call, (code) => code === 4), used]).toEqual([0, ["1", "2"]])
  })
})
