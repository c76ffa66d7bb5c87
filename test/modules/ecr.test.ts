// ECR through the engine, against an emulator of AWS whose registry checks passwords (test/standins/aws).
// inputs: modules/ecr test/standins
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bringUp, freePort, type Up } from "../lib/up"
import { repository } from "../pipeline/shop"
import { dagger, type Result } from "../sdk/dagger"
import { accessKey, formPost, type Keys } from "../standins/aws/keys"

let up: Up
let address: string
let port: number
const env: Record<string, string> = {
  WRONG: "canary-9d2e",
  UNKNOWN: "AKIAUNKNOWN000000000",
  STALE: "canary-stale-9d2e",
}

beforeAll(async () => {
  port = await freePort()
  address = `http://127.0.0.1:${port}`
  up = await bringUp(
    ["--silent", "-m", "test/standins/aws", "call", "service", "up", "--ports", `${port}:4566`],
    repository,
  )
  const set = (name: string, keys: Keys): void =>
    void Object.assign(env, {
      [`${name}_KEY`]: keys.key,
      [`${name}_SECRET`]: keys.secret,
      [`${name}_TOKEN`]: keys.token,
    })
  set("CI", await accessKey(address, "ci", ["ecr:*"]))
  set("NOBODY", await accessKey(address, "nobody", []))
  const session = await formPost(address, "sts", {
    Action: "GetSessionToken",
    Version: "2011-06-15",
    DurationSeconds: "1",
  })
  set("OLD", { key: session("AccessKeyId"), secret: session("SecretAccessKey"), token: session("SessionToken") })
})
afterAll(() => up.stop())

const ecr = (
  name: string,
  args: string[],
  { key = "CI_KEY", secret = "CI_SECRET", token = "" } = {},
  ...what: string[]
): Promise<Result> =>
  dagger(
    [
      "--silent",
      "-m",
      "modules/ecr",
      "call",
      "with-access",
      `--access-key=env://${key}`,
      `--secret-key=env://${secret}`,
      ...(token ? [`--session-token=env://${token}`] : []),
      name,
      "--region=eu-central-1",
      `--service=tcp://127.0.0.1:${port}`,
      ...args,
      ...what,
    ],
    { cwd: repository, env, seconds: 400 },
  )
const pushed = (...args: string[]): Promise<Result> =>
  dagger(
    [
      "--silent",
      "-m",
      "test/standins/aws",
      "call",
      "pushed",
      `--aws=tcp://127.0.0.1:${port}`,
      "--access-key=env://CI_KEY",
      "--secret-key=env://CI_SECRET",
      "--repository=team/api",
      ...args,
    ],
    { cwd: repository, env, seconds: 400 },
  )
const tokens = async (query = ""): Promise<{ given: number }> =>
  (await fetch(`${address}/_tokens${query}`)).json() as Promise<{ given: number }>

describe("ecr", () => {
  it("makes what is missing and leaves the rest; crane pushes with the password to what was made; the tag then has that digest", async () => {
    expect((await ecr("ensure", ["--repositories=team/api,team/web"])).stdout.trim()).toBe(
      "created team/api\ncreated team/web",
    )
    expect((await ecr("describe", ["--repository=team/api", "--tag=1.0.0"], {}, "exists")).stdout).toBe("false")
    const { stdout } = await pushed("--tag=1.0.0")
    expect(stdout).toMatch(/^0\n/)
    const digest = /@(sha256:[0-9a-f]{64})/.exec(stdout)![1]
    expect((await ecr("describe", ["--repository=team/api", "--tag=1.0.0"], {}, "digest")).stdout).toBe(digest)
    expect((await ecr("ensure", ["--repositories=team/api"])).stdout.trim()).toBe("exists team/api")
  })
  it("the registry refuses a wrong password and one that has expired", async () => {
    const wrong = await pushed("--tag=2.0.0", "--password=env://WRONG")
    expect(wrong.stdout).toMatch(/^1\n[\s\S]*401 Unauthorized/)
    const old = await pushed("--tag=2.0.0", "--expire")
    expect(old.stdout).toMatch(/^1\n[\s\S]*403 Forbidden/)
    expect((await pushed("--tag=2.0.0")).stdout).toMatch(/^0\n/)
  })
  it("login gets one more password when the registry refuses the first, and then it is an error", async () => {
    const before = (await tokens("?refuse=1")).given
    expect((await ecr("login", [], {}, "name")).code).toBe(0)
    expect((await tokens()).given).toBe(before + 2)
    await tokens("?refuse=9")
    const { code, stderr } = await ecr("login", [], {}, "name")
    expect({ code, given: (await tokens("?refuse=0")).given }).toMatchObject({ code: 1, given: before + 4 })
    expect(stderr).toMatch(/rejected two passwords that AWS had just issued: 401 Not Authorized/)
  })
  it("says whose the credentials are", async () =>
    expect((await ecr("whoami", [], { key: "NOBODY_KEY", secret: "NOBODY_SECRET" }, "arn")).stdout).toBe(
      "arn:aws:iam::000000000000:user/nobody",
    ))
  it.each([
    [
      "a right that is missing",
      { key: "NOBODY_KEY", secret: "NOBODY_SECRET" },
      /ecr:GetAuthorizationToken: access denied: User: arn:aws:iam::000000000000:user\/nobody is not authorized/,
    ],
    [
      "a wrong secret key",
      { secret: "WRONG" },
      /ecr:GetAuthorizationToken: wrong signature: the secret key does not belong to the access key/,
    ],
    [
      "an unknown access key",
      { key: "UNKNOWN", secret: "WRONG" },
      /ecr:GetAuthorizationToken: AWS does not know these credentials/,
    ],
    [
      "credentials that have expired",
      { key: "OLD_KEY", secret: "OLD_SECRET", token: "OLD_TOKEN" },
      /ecr:GetAuthorizationToken: the credentials have expired: get new ones/,
    ],
  ])("%s is said in plain words, without a secret", async (_, keys, message) => {
    const { code, stderr } = await ecr("registry", [], keys)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(message)
    for (const secret of [env.CI_SECRET!, env.NOBODY_SECRET!, env.OLD_TOKEN!, env.WRONG!])
      expect(stderr).not.toContain(secret)
  })
})
