/**
 * Signs images and statements about them with cosign, and verifies them offline, by public keys that have names.
 *
 * Nothing on the network but the registry is asked: no transparency log and no certificate authority.
 */
import { Container, File, Secret, Service, dag, func, object } from "@dagger.io/dagger"
import { images } from "./images"
import { checkedPublicKey, checkedType, hostOf, outcomeOf, parseChecks, statementsOf, troubleOf } from "./read"
import { signScript, verifyScript } from "./scripts"
import { uncached } from "./shared/nonce"
import { Result, reportStep, resultOfRun } from "./shared/result"
import { Ran, readReport, runStep } from "./shared/step"

@object()
export class Cosign {
  /** User of the registry; set by withLogin. */
  username?: string
  /** Password of that user; set by withLogin. */
  password?: Secret
  /** Private key that signs; set by withKey. */
  key?: Secret
  /** Passphrase of that key; set by withKey. */
  passphrase?: Secret
  /** Names of the trusted keys; set by withTrusted. */
  identities?: string[]
  /** The public key of each of them, in the same order; set by withTrusted. */
  publicKeys?: string[]

  /**
   * Sets the login of the registry that the other functions use; without it nobody logs in.
   *
   * Example: `dagger -m modules/cosign call with-login --username ci --password env://REGISTRY_PASSWORD
   * with-key --key env://COSIGN_KEY sign --references registry.example.com/shop/api:1 verdict`
   *
   * @param username User of the registry, for example `ci`.
   * @param password Password of the user, for example `env://REGISTRY_PASSWORD`.
   */
  @func({ cache: "session" })
  withLogin(username: string, password: Secret): Cosign {
    this.username = username
    this.password = password
    return this
  }

  /**
   * Sets the key that signs.
   *
   * Example: `dagger -m modules/cosign call with-key --key env://COSIGN_KEY
   * sign --references registry.example.com/shop/api:1 verdict`
   *
   * @param key Private key in PEM: of `cosign generate-key-pair`, or a plain one of `openssl genpkey -algorithm EC
   * -pkeyopt ec_paramgen_curve:P-256`, for example `env://COSIGN_KEY`.
   * @param passphrase Passphrase of a key of cosign, for example `env://COSIGN_PASSWORD`; by default it has none.
   */
  @func({ cache: "session" })
  withKey(key: Secret, passphrase?: Secret): Cosign {
    this.key = key
    this.passphrase = passphrase
    return this
  }

  /**
   * Adds a public key that `verify` and `verify-attestation` trust, with the name of who holds the private one.
   *
   * Example: `dagger -m modules/cosign call with-trusted --identity stage --key cosign.pub
   * verify --references registry.example.com/shop/api:1 verdict`
   *
   * @param identity Name of the key's holder, for example `stage`.
   * @param key Public key in PEM, for example `cosign.pub`.
   */
  @func({ cache: "session" })
  async withTrusted(identity: string, key: File): Promise<Cosign> {
    this.publicKeys = [...(this.publicKeys ?? []), checkedPublicKey(identity, await key.contents())]
    this.identities = [...(this.identities ?? []), identity]
    return this
  }

  /**
   * Returns a container with cosign, without a login and without keys: for what this module has no function for.
   *
   * Example: `dagger -m modules/cosign call base with-exec --args cosign,version stdout`
   *
   * @param image Image with cosign at /ko-app/cosign, for example `ghcr.io/sigstore/cosign/cosign:v3.1.3`.
   */
  @func()
  base(image: string = images.cosign): Container {
    const vendor = dag.container().from(image)
    const authorities = "/etc/ssl/certs/ca-certificates.crt"
    return dag
      .container()
      .from(images.debian)
      .withFile("/usr/local/bin/cosign", vendor.file("/ko-app/cosign"))
      .withFile(authorities, vendor.file(authorities))
  }

  /**
   * Signs images with the key of `with-key`. The signature is stored beside each image: by the registry's referrers API,
   * or, where it has none, in an index under the tag `sha256-<digest>`. The result's value is the number of images
   * signed. Exit codes: 0 passed, 1 cosign failed, 4 the login was refused, 5 the key cannot be read, 124 not finished
   * in time.
   *
   * Example: `dagger -m modules/cosign call with-key --key env://COSIGN_KEY
   * sign --references registry:5000/shop/page:1 --service tcp://127.0.0.1:5000 --insecure verdict`
   *
   * @param references Images of one registry by digest, or by a tag that cannot move meanwhile, for example
   * `registry:5000/shop/page:1`.
   * @param service The registry, when it is a Dagger service or on the caller's own machine, for example
   * `tcp://127.0.0.1:5000`; by default the host in the references has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in the references, for example `registry`.
   * @param insecure Whether the registry may speak plain HTTP, for example `true`.
   * @param timeout Seconds that all images may take, for example `120`.
   * @param name Name of the result, for example `sign`.
   * @param nonce Any value not used before, for example `$RANDOM`, signs again instead of returning the result of this
   * session.
   */
  @func({ cache: "session" })
  async sign(
    references: string[],
    service?: Service,
    serviceName: string = "registry",
    insecure: boolean = false,
    timeout: number = 120,
    name: string = "sign",
    nonce: string = "",
  ): Promise<Result> {
    return signed(this, name, references, { service, serviceName, insecure, timeout, nonce })
  }

  /**
   * Attests a predicate about images with the key of `with-key`: an in-toto statement for each of them, signed as a DSSE
   * envelope, and stored as `sign` stores a signature. Statements are added; none replaces an earlier one. The result's
   * value is the number of images; its exit codes are those of `sign`.
   *
   * Example: `dagger -m modules/cosign call with-key --key env://COSIGN_KEY
   * attest --references registry:5000/shop/page:1 --predicate verdict.json --predicate-type https://example.com/verdict/1
   * --service tcp://127.0.0.1:5000 --insecure verdict`
   *
   * @param references Images of one registry by digest, or by a tag that cannot move meanwhile, for example
   * `registry:5000/shop/page:1`.
   * @param predicate What is said of the images, as JSON, for example `verdict.json`.
   * @param predicateType Type of the predicate: a URI, or a word of cosign, for example `cyclonedx`.
   * @param service The registry, when it is a Dagger service or on the caller's own machine, for example
   * `tcp://127.0.0.1:5000`; by default the host in the references has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in the references, for example `registry`.
   * @param insecure Whether the registry may speak plain HTTP, for example `true`.
   * @param timeout Seconds that all images may take, for example `120`.
   * @param name Name of the result, for example `attest`.
   * @param nonce Any value not used before, for example `$RANDOM`, attests again instead of returning the result of this
   * session.
   */
  @func({ cache: "session" })
  async attest(
    references: string[],
    predicate: File,
    predicateType: string,
    service?: Service,
    serviceName: string = "registry",
    insecure: boolean = false,
    timeout: number = 120,
    name: string = "attest",
    nonce: string = "",
  ): Promise<Result> {
    const statement = { type: checkedType(predicateType), predicate }
    return signed(this, name, references, { service, serviceName, insecure, timeout, nonce, statement })
  }

  /**
   * Verifies that each image is signed with one of the keys of `with-trusted`. No network but the registry is needed.
   * The result's value is the number of images that are. A signature of another digest, of another key, an altered one
   * and none at all fail, each with its reason.
   *
   * Example: `dagger -m modules/cosign call with-trusted --identity ci --key cosign.pub
   * verify --references registry:5000/shop/page:1 --service tcp://127.0.0.1:5000 --insecure verdict`
   *
   * @param references Images of one registry by digest or tag, for example `registry:5000/shop/page:1`.
   * @param service The registry, when it is a Dagger service or on the caller's own machine, for example
   * `tcp://127.0.0.1:5000`; by default the host in the references has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in the references, for example `registry`.
   * @param insecure Whether the registry may speak plain HTTP, for example `true`.
   * @param timeout Seconds that all images may take, for example `120`.
   * @param name Name of the result, for example `verify`.
   * @param nonce Any value not used before, for example `$RANDOM`, asks again instead of returning the result of this
   * session.
   */
  @func({ cache: "session" })
  async verify(
    references: string[],
    service?: Service,
    serviceName: string = "registry",
    insecure: boolean = false,
    timeout: number = 120,
    name: string = "verify",
    nonce: string = "",
  ): Promise<Result> {
    return verified(this, name, references, { service, serviceName, insecure, timeout, nonce })
  }

  /**
   * Verifies that each image has a statement of a type, signed with one of the keys of `with-trusted`; fails as `verify`
   * does. `statements.json` in the reports has all statements that were verified, each with its image and the name of
   * the key: whoever reads them decides whether that holder may say so.
   *
   * Example: `dagger -m modules/cosign call with-trusted --identity ci --key cosign.pub
   * verify-attestation --references registry:5000/shop/page:1 --predicate-type https://example.com/verdict/1
   * --service tcp://127.0.0.1:5000 --insecure reports file --path statements.json contents`
   *
   * @param references Images of one registry by digest or tag, for example `registry:5000/shop/page:1`.
   * @param predicateType Type of the predicate: a URI, or a word of cosign, for example `cyclonedx`.
   * @param service The registry, when it is a Dagger service or on the caller's own machine, for example
   * `tcp://127.0.0.1:5000`; by default the host in the references has to be reachable.
   * @param serviceName Host name that the service gets, as it stands in the references, for example `registry`.
   * @param insecure Whether the registry may speak plain HTTP, for example `true`.
   * @param timeout Seconds that all images may take, for example `120`.
   * @param name Name of the result, for example `verify`.
   * @param nonce Any value not used before, for example `$RANDOM`, asks again instead of returning the result of this
   * session.
   */
  @func({ cache: "session" })
  async verifyAttestation(
    references: string[],
    predicateType: string,
    service?: Service,
    serviceName: string = "registry",
    insecure: boolean = false,
    timeout: number = 120,
    name: string = "verify",
    nonce: string = "",
  ): Promise<Result> {
    return verified(this, name, references, {
      service,
      serviceName,
      insecure,
      timeout,
      nonce,
      type: checkedType(predicateType),
    })
  }
}

/** How a registry is reached, and for how long. */
interface Reach {
  service?: Service
  serviceName: string
  insecure: boolean
  timeout: number
  nonce: string
}

/** cosign with access to a registry; never answered from the cache. */
function cosignWith(cosign: Cosign, { service, serviceName, nonce }: Reach): Container {
  let container = uncached(cosign.base().withMountedTemp("/tmp"), nonce)
  if (service) container = container.withServiceBinding(serviceName, service)
  if (cosign.password) container = container.withMountedSecret("/run/secrets/password", cosign.password)
  return container
}

/** Signs images, or attests a statement about them. */
async function signed(
  cosign: Cosign,
  name: string,
  references: string[],
  reach: Reach & { statement?: { type: string; predicate: File } },
): Promise<Result> {
  const { insecure, timeout, statement } = reach
  const host = hostOf(references)
  if (!cosign.key) throw new Error("no key: call with-key first")
  let container = cosignWith(cosign, reach).withMountedSecret("/run/secrets/key", cosign.key)
  if (cosign.passphrase) container = container.withMountedSecret("/run/secrets/passphrase", cosign.passphrase)
  if (statement) container = container.withMountedFile("/predicate.json", statement.predicate)
  const args = [insecure ? "--insecure" : "", host, cosign.username ?? "", statement?.type ?? "", ...references]
  return reportStep(name, async () => {
    const ran = await runStep(container, ["bash", "-c", signScript, "sign", ...args], timeout)
    const output = await outputOf(ran)
    const count = output.split("\n").filter((line) => line.startsWith("signed ")).length
    const done = statement ? `${statement.type} attested of ${count}` : `${count} signed`
    return resultOfRun(name, ran, ran.exitCode === 0 ? done : troubleOf(output), {
      ...ran,
      cached: false,
      value: count,
      unit: "images",
    })
  })
}

/** Verifies signatures of images, or statements about them. */
async function verified(
  cosign: Cosign,
  name: string,
  references: string[],
  reach: Reach & { type?: string },
): Promise<Result> {
  const { insecure, timeout, type } = reach
  const { identities = [], publicKeys = [] } = cosign
  const host = hostOf(references)
  if (identities.length === 0) throw new Error("no trusted key: call with-trusted first")
  const container = publicKeys.reduce(
    (one, key, i) => one.withNewFile(`/keys/${i}.pub`, key),
    cosignWith(cosign, reach),
  )
  const args = [insecure ? "--insecure" : "", host, cosign.username ?? "", type ?? "", ...references]
  return reportStep(name, async () => {
    const ran = await runStep(container, ["bash", "-c", verifyScript, "verify", ...args], timeout)
    const output = await outputOf(ran)
    const checks = parseChecks(output)
    const { passed, reason, count } = outcomeOf(references, checks, identities)
    const statements = type === undefined ? [] : statementsOf(checks, identities)
    const reports =
      type === undefined
        ? ran.reports
        : ran.reports.withNewFile("statements.json", `${JSON.stringify(statements, null, 1)}\n`)
    const ended = ran.exitCode === 0
    return resultOfRun(name, ran, ended ? reason : troubleOf(output), {
      ...ran,
      exitCode: ended && !passed ? 1 : ran.exitCode,
      passed: ended && passed,
      cached: false,
      value: count,
      unit: "images signed",
      reports,
    })
  })
}

const outputOf = (ran: Ran): Promise<string> => readReport(ran.reports, "output.txt")
