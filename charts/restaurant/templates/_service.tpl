{{/* A service in Go: its Deployment, its Service, its PodDisruptionBudget. In: root, name, asks: the services that it asks. */}}
{{- define "go" -}}
{{- $values := index .root.Values .name -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  replicas: {{ $values.replicas }}
  revisionHistoryLimit: 5
  strategy:
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels:
      {{- include "selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "selector" . | nindent 8 }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
        prometheus.io/path: /metrics
        kubectl.kubernetes.io/default-container: {{ .name }}
    spec:
      {{- include "pod" (merge (dict "uid" 65532) .) | nindent 6 }}
      terminationGracePeriodSeconds: {{ add .root.Values.drain.delaySeconds .root.Values.drain.deadlineSeconds 10 }}
      initContainers:
        # The schema's part that this release needs. Of several replicas at once one works and the others wait; what is there stays.
        - name: migrate
          image: {{ include "image" . }}
          args: [migrate, expand]
          env:
            {{- include "go.database" (merge (dict "user" (printf "%s_owner" .name)) .) | nindent 12 }}
            - { name: DB_WAIT, value: {{ .root.Values.database.waitSeconds }}s }
          volumeMounts:
            - { name: database, mountPath: /run/secrets/database, readOnly: true }
            {{- if .root.Values.ca.configMap }}
            - { name: ca, mountPath: /run/ca, readOnly: true }
            {{- end }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- include "container.security" . | nindent 12 }}
      containers:
        - name: {{ .name }}
          image: {{ include "image" . }}
          ports:
            - { name: http, containerPort: 8080 }
            - { name: metrics, containerPort: 9090 }
          env:
            - { name: APP_MODE, value: {{ .root.Values.appMode }} }
            - { name: APP_URL, value: {{ .root.Values.appUrl | quote }} }
            {{- include "go.database" (merge (dict "user" .name) .) | nindent 12 }}
            - { name: DB_MAX_CONNS, value: {{ .root.Values.database.maxConnections | quote }} }
            {{- if and .asks (include "redis.url" .root) }}
            # What others answered is kept there for a while.
            - { name: REDIS_URL, value: {{ include "redis.url" .root | quote }} }
            {{- if .root.Values.redis.passwordKey }}
            - { name: REDIS_PASSWORD_FILE, value: /run/secrets/database/redis_password }
            {{- end }}
            {{- end }}
            {{- range .asks }}
            - { name: {{ upper . }}_URL, value: "http://{{ . }}:8080" }
            {{- end }}
            - { name: DRAIN_DELAY, value: {{ .root.Values.drain.delaySeconds }}s }
            - { name: DRAIN_DEADLINE, value: {{ .root.Values.drain.deadlineSeconds }}s }
            {{- if .root.Values.demoData }}
            - { name: DEMO_DATA, value: "true" }
            {{- end }}
            {{- range $name, $value := index .root.Values.faults .name }}
            - { name: {{ $name }}, value: {{ $value | quote }} }
            {{- end }}
            {{- with .root.Values.faultsInProduction }}
            - { name: FAULTS_IN_PRODUCTION, value: {{ . }} }
            {{- end }}
          volumeMounts:
            - { name: database, mountPath: /run/secrets/database, readOnly: true }
            {{- if .root.Values.ca.configMap }}
            - { name: ca, mountPath: /run/ca, readOnly: true }
            {{- end }}
            - { name: tmp, mountPath: /tmp }
          {{- include "probes" (dict "live" "/livez" "ready" "/readyz" "port" "http" "start" 60) | nindent 10 }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- include "container.security" . | nindent 12 }}
      volumes:
        - name: database
          secret:
            secretName: {{ .root.Values.database.secretName }}
            defaultMode: 0440
            items:
              - { key: db_password, path: db_password }
              {{- with .root.Values.redis.passwordKey }}
              - { key: {{ . }}, path: redis_password }
              {{- end }}
        {{- with .root.Values.ca.configMap }}
        - { name: ca, configMap: { name: {{ . }}, items: [{ key: ca.pem, path: ca.pem }] } }
        {{- end }}
        - name: tmp
          emptyDir: { sizeLimit: 64Mi }
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  selector:
    {{- include "selector" . | nindent 4 }}
  ports:
    - { name: http, port: 8080, targetPort: http }
{{- include "budget" (merge (dict "replicas" $values.replicas) .) }}
{{- end }}

{{/* Who asks the database, and where it is. In: root, user. */}}
{{- define "go.database" -}}
- { name: DB_HOST, value: {{ include "database.host" .root | quote }} }
- { name: DB_PORT, value: {{ include "database.port" .root | quote }} }
- { name: DB_NAME, value: {{ .root.Values.database.name | quote }} }
- { name: DB_SSLMODE, value: {{ ternary "disable" .root.Values.database.sslmode .root.Values.postgres.enabled }} }
- { name: DB_USER, value: {{ .user }} }
- { name: DB_PASSWORD_FILE, value: /run/secrets/database/db_password }
{{- if .root.Values.ca.configMap }}
- { name: CA_FILE, value: /run/ca/ca.pem }
{{- end }}
{{- end }}

{{/* Keeps a drained node from taking more than one replica at a time. In: root, name, replicas. */}}
{{- define "budget" -}}
{{- if gt (int .replicas) 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "selector" . | nindent 6 }}
{{- end }}
{{- end }}
