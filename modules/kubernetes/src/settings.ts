// The files that a cluster is started with: pure functions.

/** k3s' registries.yaml: the registry, by plain HTTP, under its own name and under each of the names that it serves too. */
export function registries(registryName: string, mirrors: string[]): string {
  for (const name of [registryName, ...mirrors])
    if (!/^[A-Za-z0-9.-]+(:\d+)?$/.test(name))
      throw new Error(`mirrors: ${JSON.stringify(name)} is not a registry's name such as docker.io or registry:5000`)
  const mirror = (name: string): string => `  "${name}":\n    endpoint:\n      - "http://${registryName}"\n`
  return `mirrors:\n${[...new Set([registryName, ...mirrors])].map(mirror).join("")}`
}

/** The kubeconfig of an administrator who has a token. */
export function kubeconfig(server: string, certificate: string, token: string): string {
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
