{{/* The labels of a part, by which it is selected: they never change. In: root, name. */}}
{{- define "selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* The labels of an object. What changes with each release is not on pods, or all of them would be replaced by it. In: root, name. */}}
{{- define "labels" -}}
{{ include "selector" . }}
app.kubernetes.io/part-of: restaurant
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The image of a part, by digest. In: root, name. */}}
{{- define "image" -}}
{{- $images := .root.Values.images }}
{{- $image := index $images .name }}
{{- if not $image.digest }}
{{- fail (printf "images.%s.digest is required: sha256:… of the image that is to run (a tag is not accepted)" .name) }}
{{- end }}
{{- with $images.registry }}{{ . }}/{{ end }}{{ $image.repository }}@{{ $image.digest }}
{{- end }}

{{/* Where the database is. In: root. */}}
{{- define "database.host" -}}
{{- if .Values.postgres.enabled }}postgres{{ else }}
{{- required "database.host is required, unless postgres.enabled is true" .Values.database.host }}
{{- end }}
{{- end }}

{{- define "database.port" -}}
{{- if .Values.postgres.enabled }}5432{{ else }}{{ .Values.database.port }}{{ end }}
{{- end }}

{{/* Where Redis is; nothing when there is none. In: root. */}}
{{- define "redis.url" -}}
{{- if .Values.redis.enabled }}redis://redis:6379/0{{ else }}{{ .Values.redis.url }}{{ end }}
{{- end }}
