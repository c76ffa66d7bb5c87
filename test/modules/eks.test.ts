// EKS through the engine, against an emulator of AWS that checks signatures (test/standins/aws): the token is asked as a cluster asks it.
// inputs: modules/eks test/standins
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bringUp, freePort, type Up } from "../lib/up"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"
import { accessKey, formPost } from "../standins/aws/keys"

let up: Up
let port: number
const env: Record<string, string> = { WRONG: "canary-9d2e" }

beforeAll(async () => {
  port = await freePort()
  const address = `http://127.0.0.1:${port}`
  up = await bringUp(
    ["--silent", "-m", "test/standins/aws", "call", "service", "up", "--ports", `${port}:4566`],
    repository,
  )
  const keys = await accessKey(address, "deployer", ["eks:DescribeCluster"])
  const session = await formPost(address, "sts", {
    Action: "GetSessionToken",
    Version: "2011-06-15",
    DurationSeconds: "900",
  })
  const nobody = await accessKey(address, "nobody", [])
  Object.assign(env, {
    KEY: keys.key,
    SECRET: keys.secret,
    NOBODY_KEY: nobody.key,
    NOBODY_SECRET: nobody.secret,
    SESSION_KEY: session("AccessKeyId"),
    SESSION_SECRET: session("SecretAccessKey"),
    SESSION_TOKEN: session("SessionToken"),
  })
})
afterAll(() => up.stop())

const ca = Buffer.from("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n").toString("base64")
const given = ["--endpoint=https://shop.example.com", `--ca=${ca}`]
async function authenticated(
  args: string[],
  { key = "KEY", secret = "SECRET", header = "shop" } = {},
): Promise<string> {
  const { code, stdout, stderr } = await dagger(
    [
      "--silent",
      "-m",
      "test/standins/aws",
      "call",
      "authenticated",
      `--aws=tcp://127.0.0.1:${port}`,
      `--access-key=env://${key}`,
      `--secret-key=env://${secret}`,
      "--cluster=shop",
      `--header=${header}`,
      ...args,
    ],
    { cwd: repository, env, seconds: 400 },
  )
  return code === 0 ? stdout : stderr
}
const described = (cluster: string, key: string, secret: string) =>
  dagger(
    [
      "--silent",
      "-m",
      "modules/eks",
      "call",
      "with-access",
      `--access-key=env://${key}`,
      `--secret-key=env://${secret}`,
      "describe",
      `--cluster=${cluster}`,
      "--region=eu-central-1",
      `--service=tcp://127.0.0.1:${port}`,
      "status",
    ],
    { cwd: repository, env, seconds: 400 },
  )

describe("eks", () => {
  it("the token tells the cluster who signed it", async () => {
    expect(await authenticated(given)).toBe("https://shop.example.com 200 arn:aws:iam::000000000000:user/deployer")
    expect(
      await authenticated([...given, "--session-token=env://SESSION_TOKEN"], {
        key: "SESSION_KEY",
        secret: "SESSION_SECRET",
      }),
    ).toMatch(/^https:\/\/shop.example.com 200 arn:aws:/)
  })
  it("a token by a wrong secret key, and one for another cluster, are refused", async () => {
    expect(await authenticated(given, { secret: "WRONG" })).toBe("https://shop.example.com 403 SignatureDoesNotMatch")
    expect(await authenticated(given, { header: "other" })).toBe("https://shop.example.com 403 SignatureDoesNotMatch")
  })
  it("without endpoint and ca EKS is asked", async () => {
    expect(await authenticated([])).toBe("https://localhost:16443 200 arn:aws:iam::000000000000:user/deployer")
    expect((await described("shop", "KEY", "SECRET")).stdout).toBe("ACTIVE")
  })
  it.each<[string, [string, string, string], string]>([
    ["no such cluster", ["nope", "KEY", "SECRET"], "there is no cluster nope in eu-central-1"],
    ["a wrong secret key", ["shop", "KEY", "WRONG"], "eks:DescribeCluster: wrong signature"],
    ["a right that is missing", ["shop", "NOBODY_KEY", "NOBODY_SECRET"], "eks:DescribeCluster: access denied"],
  ])("%s is said in plain words", async (_, args, message) => {
    const { code, stderr } = await described(...args)
    expect(code).not.toBe(0)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain(env.WRONG)
  })
})
