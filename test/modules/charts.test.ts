// What helm makes of the charts: rendered once for each environment, read as YAML, and refused where it has to be.
// inputs: charts delivery.yaml modules/helm
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { parse, parseAllDocuments } from "yaml"
import { repository } from "../pipeline/shop"
import { dagger } from "../sdk/dagger"

const digest = `sha256:${"a".repeat(64)}`
const digests = ["restaurant", "recipes", "suppliers", "frontend"].map(
  (name) => `--set=images.${name}.digest=${digest}`,
)
const inside = ["-f", "values-ephemeral.yaml"]
const outside = [
  ...["--set=database.host=db.example.com", "--set=redis.url=rediss://cache.example.com:6380/0"],
  ...["--set=redis.passwordKey=redis_password", "--set=ca.configMap=authorities"],
]

/** Helm's calls, made in one container; each is told by its name. */
const calls: Record<string, string[]> = {
  "lint restaurant": ["lint", "--strict", "restaurant"],
  "lint platform": ["lint", "--strict", "platform"],
  ...Object.fromEntries(
    ["dev", "qa", "stage", "prod"].flatMap((name) => [
      [`lint ${name}`, ["lint", "--strict", "restaurant", "-f", `values-${name}.yaml`, ...inside, ...digests]],
      [
        `inside ${name}`,
        [
          "template",
          "shop",
          "restaurant",
          "-f",
          `values-${name}.yaml`,
          ...inside,
          ...digests,
          "--set=images.registry=registry:5000",
          "--set=images.frontend.repository=delivery/frontend",
          "--set=frontend.service.nodePort=30080",
        ],
      ],
      [
        `outside ${name}`,
        [
          "template",
          "shop",
          "restaurant",
          "-f",
          `values-${name}.yaml`,
          ...outside,
          ...digests,
          "--set=database.init=true",
          "--set=ingress.enabled=true",
          "--set=images.frontend.repository=registry:5000/delivery/frontend",
        ],
      ],
    ]),
  ),
  faults: [
    "template",
    "shop",
    "restaurant",
    "-f",
    "values-prod.yaml",
    ...inside,
    ...digests,
    "--set=faults.restaurant.FAULT_ERROR_RATE=0.5",
    "--set=faults.recipes.FAULT_UNREADY=true",
    "--set=faultsInProduction=rehearsal",
    "--set=demoData=true",
  ],
  platform: ["template", "shop", "platform", "--namespace=monitoring"],
  cluster: ["template", "shop", "own", "--namespace=monitoring"],
  access: ["template", "access", "access", "--namespace=kube-system", "--set=namespaces={dev,platform}"],
  "no digest": ["template", "shop", "restaurant", "-f", "values-dev.yaml", ...inside, ...digests.slice(1)],
  "a tag": [
    "template",
    "shop",
    "restaurant",
    "-f",
    "values-dev.yaml",
    ...inside,
    ...digests,
    "--set=images.frontend.digest=v1.2.3",
  ],
  "no authority": [
    ...["template", "shop", "restaurant", "-f", "values-dev.yaml", ...digests],
    ...["--set=database.host=db.example.com", "--set=database.init=true"],
  ],
  "no database": ["template", "shop", "restaurant", "-f", "values-dev.yaml", ...digests],
  "two databases": [
    "template",
    "shop",
    "restaurant",
    "-f",
    "values-dev.yaml",
    ...inside,
    ...digests,
    "--set=database.host=db.example.com",
  ],
  "faults in production": [
    "template",
    "shop",
    "restaurant",
    "-f",
    "values-prod.yaml",
    ...inside,
    ...digests,
    "--set=faults.restaurant.FAULT_ERROR_RATE=0.5",
  ],
}

interface Metadata {
  name: string
  namespace?: string
  annotations?: Record<string, string>
  labels: Record<string, string>
}
interface Container {
  name: string
  image: string
  args: string[]
  env: { name: string; value?: string }[]
  securityContext: unknown
  resources: { requests: unknown; limits: unknown }
  startupProbe: unknown
  livenessProbe: { httpGet: { path: string } }
  readinessProbe: { httpGet: { path: string } }
}
/** An object of any kind. */
interface Manifest {
  kind: string
  metadata: Metadata
  data: Record<string, string>
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- manifests of all kinds, asserted where they are used
  spec: any
}

/** charts/cluster as charts/own, without the public charts, which have to be fetched. */
const withoutDependencies = "cp -r cluster own && sed -i '/^dependencies:/,$d' own/Chart.yaml"

const said: Record<string, { code: number; text: string }> = {}
beforeAll(async () => {
  // Values' files lie in the chart's folder.
  const lines = Object.entries(calls).map(([name, args]) => {
    const quoted = args.map((arg, i) => `'${args[i - 1] === "-f" ? `restaurant/${arg}` : arg}'`).join(" ")
    return `echo '=== ${name}'; helm ${quoted}${args[0] === "template" ? " --kube-version=1.34.0" : ""} 2>&1; code=$?; echo; echo "=== $code"`
  })
  const { code, stdout, stderr } = await dagger(
    [
      "core",
      "--silent",
      "container",
      "from",
      "--address=alpine/helm:3.19.0",
      "with-directory",
      "--path=/charts",
      `--source=${join(repository, "charts")}`,
      "with-workdir",
      "--path=/charts",
      "with-new-file",
      "--path=/run.sh",
      `--contents=${withoutDependencies}\n${lines.join("\n")}`,
      "with-exec",
      "--args=sh,/run.sh",
      "stdout",
    ],
    { cwd: repository, seconds: 300 },
  )
  expect(code, stderr).toBe(0)
  for (const [, name, text, ended] of stdout.matchAll(/^=== (.+)\n([\s\S]*?)\n=== (\d+)$/gm))
    said[name!] = { code: Number(ended), text: text! }
  expect(Object.keys(said)).toEqual(Object.keys(calls))
})

/** The manifests of a call, which has to succeed. */
function rendered(name: string): Manifest[] {
  const { code, text } = said[name]!
  expect(code, text).toBe(0)
  return parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS() as Manifest
  })
}
const of = (all: Manifest[], kind: string): Record<string, Manifest> =>
  Object.fromEntries(all.filter((one) => one.kind === kind).map((one) => [one.metadata.name, one]))
const container = (all: Manifest[], name: string): Container =>
  of(all, "Deployment")[name]!.spec.template.spec.containers[0]
const environment = (one: Container): Record<string, string | undefined> =>
  Object.fromEntries(one.env.map(({ name, value }) => [name, value]))

const services = ["recipes", "restaurant", "suppliers"]
const environments = [
  ["dev", "qa", "https://qa.app.example.com", 1],
  ["qa", "qa", "https://qa.app.example.com", 1],
  ["stage", "stage", "https://staging.app.example.com", 2],
  ["prod", "production", "https://prod.app.example.com", 2],
] as const

describe("the product's chart", () => {
  it.each(["lint restaurant", "lint platform", ...environments.map(([name]) => `lint ${name}`)])(
    "passes helm %s --strict",
    (name) => expect(said[name]!.code, said[name]!.text).toBe(0),
  )

  it.each(environments)(
    "%s on a cluster of its own: all parts, by digest, as %s at %s",
    (name, mode, url, replicas) => {
      const all = rendered(`inside ${name}`)
      expect(Object.keys(of(all, "Deployment")).sort()).toEqual(["frontend", "postgres", ...services, "redis"].sort())
      expect(Object.keys(of(all, "Service")).sort()).toEqual(["frontend", "postgres", ...services, "redis"].sort())
      expect(Object.keys(of(all, "NetworkPolicy")).sort()).toEqual(
        ["frontend", "postgres", ...services, "redis"].sort(),
      )
      expect(Object.keys(of(all, "PodDisruptionBudget")).sort()).toEqual(replicas > 1 ? ["frontend", ...services] : [])
      for (const service of services) {
        const { spec } = of(all, "Deployment")[service]!
        const { initContainers, terminationGracePeriodSeconds } = spec.template.spec
        const serving = container(all, service)
        expect(spec).toMatchObject({ replicas, strategy: { rollingUpdate: { maxUnavailable: 0 } } })
        expect(spec.template.metadata.annotations).toMatchObject({
          "prometheus.io/scrape": "true",
          "prometheus.io/port": "9090",
        })
        expect([serving.image, initContainers[0].image]).toEqual(Array(2).fill(`registry:5000/${service}@${digest}`))
        expect(environment(serving)).toMatchObject({
          APP_MODE: mode,
          APP_URL: url,
          DB_HOST: "postgres",
          DB_USER: service,
          DB_SSLMODE: "disable",
          DRAIN_DELAY: "5s",
          DRAIN_DEADLINE: "15s",
        })
        expect(terminationGracePeriodSeconds).toBeGreaterThan(5 + 15)
        expect(initContainers[0].args).toEqual(["migrate", "expand"])
        expect(environment(initContainers[0])).toMatchObject({ DB_USER: `${service}_owner`, DB_WAIT: "120s" })
        expect([serving.livenessProbe.httpGet.path, serving.readinessProbe.httpGet.path]).toEqual(["/livez", "/readyz"])
      }
      expect(container(all, "frontend").image).toBe(`registry:5000/delivery/frontend@${digest}`)
      expect(of(all, "Service").frontend!.spec).toMatchObject({ type: "NodePort", ports: [{ nodePort: 30080 }] })
      expect(environment(container(all, "restaurant"))).toMatchObject({
        RECIPES_URL: "http://recipes:8080",
        REDIS_URL: "redis://redis:6379/0",
      })
      expect(environment(container(all, "recipes"))).toMatchObject({
        SUPPLIERS_URL: "http://suppliers:8080",
        REDIS_URL: "redis://redis:6379/0",
      })
      expect(
        Object.keys(environment(container(all, "suppliers"))).filter(
          (key) => key === "REDIS_URL" || /FAULT|DEMO/.test(key),
        ),
      ).toEqual([])
    },
  )

  it.each(environments)("%s with a database and a cache outside has nothing inside", (name, _, url) => {
    const all = rendered(`outside ${name}`)
    expect(Object.keys(of(all, "Deployment")).sort()).toEqual(["frontend", ...services].sort())
    expect([container(all, "frontend").image, container(all, "recipes").image]).toEqual([
      `registry:5000/delivery/frontend@${digest}`,
      `recipes@${digest}`,
    ])
    for (const service of services)
      expect(environment(container(all, service))).toMatchObject({
        DB_HOST: "db.example.com",
        DB_SSLMODE: "verify-full",
        CA_FILE: "/run/ca/ca.pem",
      })
    expect(environment(container(all, "recipes"))).toMatchObject({
      REDIS_URL: "rediss://cache.example.com:6380/0",
      REDIS_PASSWORD_FILE: "/run/secrets/database/redis_password",
    })
    expect(of(all, "Deployment").recipes!.spec.template.spec.volumes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ configMap: { name: "authorities", items: [{ key: "ca.pem", path: "ca.pem" }] } }),
      ]),
    )
    expect(of(all, "NetworkPolicy").recipes!.spec.egress).toEqual(
      expect.arrayContaining([{ ports: [{ port: 5432 }] }, { ports: [{ port: 6380 }] }]),
    )
    expect(of(all, "Ingress").frontend!.spec.rules[0].host).toBe(new URL(url).host)
    expect(of(all, "Service").frontend!.spec.type).toBe("ClusterIP")
    const job = of(all, "Job")["database-init"]!
    expect(job.metadata.annotations).toMatchObject({ "helm.sh/hook": "pre-install,pre-upgrade" })
    expect(environment(job.spec.template.spec.containers[0])).toMatchObject({
      PGHOST: "db.example.com",
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: "/run/ca/ca.pem",
      POSTGRES_DB: "product",
    })
  })

  it("lets no container do more than it has to, and takes no secret into an object", () => {
    for (const name of ["inside prod", "outside prod"]) {
      const all = rendered(name)
      expect(of(all, "Secret")).toEqual({})
      for (const { kind, metadata, spec } of all.filter(({ kind }) => kind === "Deployment" || kind === "Job")) {
        const pod = spec.template.spec
        expect(pod, `${kind} ${metadata.name}`).toMatchObject({
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        })
        expect(pod.securityContext.runAsUser).toBeGreaterThan(0)
        for (const one of [...pod.containers, ...(pod.initContainers ?? [])] as Container[]) {
          expect(one.securityContext, one.name).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          })
          expect(one.resources, one.name).toMatchObject({
            requests: { cpu: expect.anything(), memory: expect.anything() },
            limits: { memory: expect.anything() },
          })
          expect(
            (one.env ?? []).filter(({ name, value }) => /PASSWORD/.test(name) && !/_FILE$/.test(name) && value),
            one.name,
          ).toEqual([])
        }
        if (kind === "Deployment")
          expect(pod.containers[0]).toMatchObject({
            startupProbe: expect.anything(),
            livenessProbe: expect.anything(),
            readinessProbe: expect.anything(),
          })
      }
    }
  })

  it("changes no pod with the chart's version alone, or the data of the Postgres inside would be gone", () => {
    for (const { spec } of Object.values(of(rendered("inside prod"), "Deployment")))
      expect(JSON.stringify(spec.template)).not.toMatch(/helm\.sh\/chart|kubernetes\.io\/version/)
  })

  it("lets only those ask a part that have to", () => {
    const policies = of(rendered("inside prod"), "NetworkPolicy")
    const from = (name: string, port: number): string[] | undefined =>
      policies[name]!.spec.ingress.find(
        (rule: { ports: { port: number }[] }) => rule.ports[0]!.port === port,
      )?.from?.map(
        (one: { podSelector: { matchLabels: Record<string, string> } }) =>
          one.podSelector.matchLabels["app.kubernetes.io/name"],
      )
    expect(from("suppliers", 8080)).toEqual(["frontend", "recipes"])
    expect(from("recipes", 8080)).toEqual(["frontend", "restaurant"])
    expect(from("restaurant", 8080)).toEqual(["frontend"])
    expect(from("postgres", 5432)).toEqual(["suppliers", "recipes", "restaurant"])
    expect(from("redis", 6379)).toEqual(["recipes", "restaurant"])
    expect(from("frontend", 8080)).toBeUndefined()
  })

  it("brings faults to the service that they are for", () => {
    const all = rendered("faults")
    expect(environment(container(all, "restaurant"))).toMatchObject({
      FAULT_ERROR_RATE: "0.5",
      FAULTS_IN_PRODUCTION: "rehearsal",
      DEMO_DATA: "true",
    })
    expect(environment(container(all, "recipes"))).toMatchObject({
      FAULT_UNREADY: "true",
      FAULTS_IN_PRODUCTION: "rehearsal",
    })
    expect(Object.keys(environment(container(all, "suppliers"))).filter((key) => key.startsWith("FAULT_"))).toEqual([])
  })

  it.each([
    ["no digest", "images.restaurant.digest is required: sha256:… of the image that is to run (a tag is not accepted)"],
    ["a tag", "at '/images/frontend/digest': 'v1.2.3' does not match pattern"],
    ["no database", "database.host is required, unless postgres.enabled is true"],
    ["no authority", "ca.configMap: missing; the Job of database.init verifies the database"],
    ["two databases", 'database.host is "db.example.com" although postgres.enabled is true: one or the other'],
    ["faults in production", 'faults: production refuses faults (restaurant) unless faultsInProduction is "rehearsal"'],
  ])("refuses %s", (name, why) => {
    expect(said[name]!.code).not.toBe(0)
    expect(said[name]!.text).toContain(why)
  })
})

describe("the chart of CI's access", () => {
  it("makes each namespace, with a Role on Leases for CI's group, and nothing for the cluster", () => {
    const all = rendered("access")
    expect(Object.keys(of(all, "Namespace"))).toEqual(["dev", "platform"])
    const places = all
      .filter(({ kind }) => kind.startsWith("Role"))
      .map(({ kind, metadata }) => [kind, metadata.namespace])
    expect(places.sort()).toEqual(
      ["Role", "RoleBinding"].flatMap((kind) => ["dev", "platform"].map((place) => [kind, place])),
    )
    expect(of(all, "RoleBinding")["release-lock"]).toMatchObject({
      subjects: [{ kind: "Group", name: "delivery:deployers" }],
    })
    expect(all).toHaveLength(6)
  })
})

describe("the platform's chart", () => {
  it("brings a Prometheus that may list pods, and nothing else", () => {
    const all = rendered("platform")
    expect(of(all, "ClusterRole")["monitoring-prometheus"]).toMatchObject({
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
    })
    expect(of(all, "ClusterRoleBinding")["monitoring-prometheus"]).toMatchObject({
      subjects: [{ name: "prometheus", namespace: "monitoring" }],
    })
    expect(of(all, "Service").prometheus!.spec).toMatchObject({ type: "NodePort", ports: [{ nodePort: 30090 }] })
    expect(of(all, "Deployment").prometheus!.spec.template.spec.containers[0].image).toBe("prom/prometheus:v3.16.0")
  })
  it("finds pods as the cluster's chart does, and alerts by the same rules", () => {
    const { data } = of(rendered("platform"), "ConfigMap").prometheus!
    const values = parse(readFileSync(join(repository, "charts/cluster/values.yaml"), "utf8"))
    expect(parse(data["prometheus.yml"]!).scrape_configs).toEqual(
      values["kube-prometheus-stack"].prometheus.prometheusSpec.additionalScrapeConfigs,
    )
    expect(of(rendered("cluster"), "PrometheusRule").product!.spec).toEqual(parse(data["rules.yaml"]!))
  })
  it("has a configuration that promtool takes", async () => {
    const { data } = of(rendered("platform"), "ConfigMap").prometheus!
    const { code, stdout, stderr } = await dagger(
      [
        "-m=modules/prometheus",
        "call",
        "--silent",
        "base",
        "with-new-file",
        "--path=/etc/prometheus/prometheus.yml",
        `--contents=${data["prometheus.yml"]}`,
        "with-new-file",
        "--path=/etc/prometheus/rules.yaml",
        `--contents=${data["rules.yaml"]}`,
        "with-exec",
        "--args=promtool,check,config,/etc/prometheus/prometheus.yml",
        "stdout",
      ],
      { cwd: repository, seconds: 300 },
    )
    expect(code, stderr).toBe(0)
    expect(stdout).toContain("SUCCESS: 5 rules found")
  })
})
