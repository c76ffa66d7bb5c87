/** Users and keys of the stand-in of AWS, made by the key that may do everything there. */

export interface Keys {
  key: string
  secret: string
  token: string
}

/** One call of an API that takes forms (IAM, STS); gives what an element of the answer holds. */
export async function formPost(
  address: string,
  service: string,
  fields: Record<string, string>,
): Promise<(element: string) => string> {
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=x`
  const answer = await fetch(`${address}/`, {
    method: "POST",
    headers: { authorization },
    body: new URLSearchParams(fields),
    signal: AbortSignal.timeout(60_000),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${fields.Action}: ${answer.status} ${text}`)
  return (element) => new RegExp(`<${element}>([^<]*)<`).exec(text)?.[1] ?? ""
}

/** A user that may do the given actions on everything, and an access key of it. */
export async function accessKey(address: string, user: string, actions: string[]): Promise<Keys> {
  const iam = (fields: Record<string, string>) =>
    formPost(address, "iam", { Version: "2010-05-08", UserName: user, ...fields })
  await iam({ Action: "CreateUser" })
  const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] }
  if (actions.length) await iam({ Action: "PutUserPolicy", PolicyName: "may", PolicyDocument: JSON.stringify(policy) })
  const made = await iam({ Action: "CreateAccessKey" })
  return { key: made("AccessKeyId"), secret: made("SecretAccessKey"), token: "" }
}
