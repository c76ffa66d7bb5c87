// The configuration files of a cluster: pure functions.

/** The registries.yaml of k3s: the registry, over plain HTTP, under its own name and under each name of `mirrors`. */
export function registries(registryName: string, mirrors: string[]): string {
  for (const name of [registryName, ...mirrors])
    if (!/^[A-Za-z0-9.-]+(:\d+)?$/.test(name))
      throw new Error(
        `mirrors: ${JSON.stringify(name)} is not the name of a registry, such as docker.io or registry:5000`,
      )
  const mirror = (name: string): string => `  "${name}":\n    endpoint:\n      - "http://${registryName}"\n`
  return `mirrors:\n${[...new Set([registryName, ...mirrors])].map(mirror).join("")}`
}

/** The kubeconfig of an administrator who logs in with a token. */
export function kubeconfigOf(server: string, certificate: string, token: string): string {
  const entry = (kind: string, content: object): object => ({ name: "ephemeral", [kind]: content })
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "ephemeral",
    clusters: [entry("cluster", { server, "certificate-authority-data": Buffer.from(certificate).toString("base64") })],
    users: [entry("user", { token })],
    contexts: [entry("context", { cluster: "ephemeral", user: "ephemeral" })],
  }
  return `${JSON.stringify(config, null, 1)}\n`
}
