{{- define "access.labels" -}}
app.kubernetes.io/name: access
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
