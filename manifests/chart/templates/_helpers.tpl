{{- define "pullable.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "pullable.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: webhook
{{- end -}}

{{- define "pullable.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "pullable.image" -}}
{{- with .Values.image -}}
{{- with .registry -}}{{ . }}/{{- end -}}{{ .repository -}}
{{- if .digest -}}@{{ .digest }}{{- else -}}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "pullable.tlsSecret" -}}
{{- if eq .Values.certificates.mode "files" -}}
{{- required "certificates.files.secretName: name the Secret that holds tls.crt and tls.key" .Values.certificates.files.secretName -}}
{{- else -}}
{{- include "pullable.name" . -}}-tls
{{- end -}}
{{- end -}}

{{- /* What the product is called by: the certificate must be for these. */ -}}
{{- define "pullable.dnsNames" -}}
- {{ include "pullable.name" . }}.{{ .Release.Namespace }}.svc
- {{ include "pullable.name" . }}.{{ .Release.Namespace }}.svc.cluster.local
{{- end -}}

{{- /* What Pod Security "restricted" asks of a container, and a file system that cannot be written. */ -}}
{{- define "pullable.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- /* No user is named: the image's own is none that is root, and OpenShift gives one of its choice. */ -}}
{{- define "pullable.podSecurity" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end -}}
