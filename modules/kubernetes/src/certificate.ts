import { generateKeyPairSync, randomBytes, sign } from "node:crypto"

// Makes a certificate authority for a cluster. None of the images has openssl, and Node.js makes keys and signatures but no
// certificates, so the parts of a self-signed certificate (RFC 5280) are assembled here.

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const bytes = body.length < 0x80 ? [] : body.length < 0x100 ? [body.length] : [body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, bytes.length ? 0x80 | bytes.length : body.length, ...bytes]), body])
}
const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts)
const identifier = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"))
const utcTime = (date: Date): Buffer => der(0x17, Buffer.from(`${date.toISOString().replace(/\D/g, "").slice(2, 14)}Z`))
const bits = (content: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content)

/** A critical extension: a reader that does not understand it has to reject the certificate. */
const critical = (id: string, value: Buffer): Buffer =>
  sequence(identifier(id), der(0x01, Buffer.from([0xff])), der(0x04, value))

/**
 * A certificate authority: certificate and private key as PEM. It is valid from an hour before `now`, because clocks differ,
 * until `days` days after it.
 */
export function certificateAuthority(
  name: string,
  days: number,
  now = new Date(),
): { certificate: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const signature = sequence(identifier("2a8648ce3d040302")) // ecdsa-with-SHA256
  const subject = sequence(der(0x31, sequence(identifier("550403"), der(0x0c, Buffer.from(name))))) // commonName
  const validity = sequence(
    utcTime(new Date(now.getTime() - 3_600_000)),
    utcTime(new Date(now.getTime() + days * 86_400_000)),
  )
  const extensions = sequence(
    critical("551d13", sequence(der(0x01, Buffer.from([0xff])))), // basicConstraints: CA
    critical("551d0f", bits(Buffer.from([0xa4]), 2)), // keyUsage: digitalSignature, keyEncipherment, keyCertSign
  )
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)])
  const version3 = der(0xa0, der(0x02, Buffer.from([2])))
  const key = publicKey.export({ type: "spki", format: "der" })
  const content = sequence(
    version3,
    der(0x02, serial),
    signature,
    subject,
    validity,
    subject,
    key,
    der(0xa3, extensions),
  )
  const certificate = sequence(content, signature, bits(sign("sha256", content, privateKey)))
  const pem = certificate.toString("base64").replace(/(.{64})(?=.)/g, "$1\n")
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${pem}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "sec1", format: "pem" }) as string,
  }
}
