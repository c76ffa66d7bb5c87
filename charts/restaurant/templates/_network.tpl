{{/* Who may ask a part, and whom it may ask. In: root, name, from: parts that may ask its port, anybody when there is none, port, metrics: Prometheus
     asks 9090, to: parts and their ports, database, redis: it asks those, wherever they are. */}}
{{- define "network" -}}
{{- if .root.Values.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports: [{ port: {{ .port }} }]
      {{- with .from }}
      from:
        {{- range . }}
        - podSelector:
            matchLabels:
              {{- include "selector" (dict "root" $.root "name" .) | nindent 14 }}
        {{- end }}
      {{- end }}
    {{- if .metrics }}
    # Prometheus, in a namespace of its own.
    - ports: [{ port: 9090 }]
    {{- end }}
  egress:
    - ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
    {{- range $name, $port := .to }}
    - ports: [{ port: {{ $port }} }]
      to:
        - podSelector:
            matchLabels:
              {{- include "selector" (dict "root" $.root "name" $name) | nindent 14 }}
    {{- end }}
    {{- range .outside }}
    - ports: [{ port: {{ . }} }]
    {{- end }}
{{- end }}
{{- end }}

{{/* The policy of a service in Go: it asks the services in `asks`, the database, and Redis for what these answered. In: root, name, from, asks. */}}
{{- define "go.network" -}}
{{- $to := dict }}
{{- $outside := list }}
{{- range .asks }}{{ $_ := set $to . 8080 }}{{ end }}
{{- if .root.Values.postgres.enabled }}{{ $_ := set $to "postgres" 5432 }}{{ else }}{{ $outside = append $outside .root.Values.database.port }}{{ end }}
{{- if not .asks }}{{ else if .root.Values.redis.enabled }}{{ $_ := set $to "redis" 6379 }}
{{- else if .root.Values.redis.url }}{{ $outside = append $outside (regexFind ":[0-9]+$" (urlParse .root.Values.redis.url).host | trimPrefix ":" | default "6379") }}{{ end }}
{{- include "network" (merge (dict "port" 8080 "metrics" true "to" $to "outside" $outside) .) }}
{{- end }}
