{{/* What the objects of this release begin with; short enough that a stage's name fits behind it. */}}
{{- define "osum-mesh.fullname" -}}
{{- $chart := default .Chart.Name .Values.nameOverride -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- default $name .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of a stage's objects. Takes root and name. */}}
{{- define "osum-mesh.stageName" -}}
{{ include "osum-mesh.fullname" .root }}-{{ .name }}
{{- end -}}

{{/* Name of the service whose DNS entry lists every pod of a stage. Takes root and name. */}}
{{- define "osum-mesh.podsName" -}}
{{ include "osum-mesh.stageName" . }}-pods
{{- end -}}

{{/* Labels that choose a stage's pods; they never change. Takes root and name. */}}
{{- define "osum-mesh.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{/* Labels of a stage's objects. Takes root and name. */}}
{{- define "osum-mesh.labels" -}}
{{ include "osum-mesh.selectorLabels" . }}
app.kubernetes.io/part-of: osum-mesh
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Service account of a stage. Takes root and name. */}}
{{- define "osum-mesh.serviceAccountName" -}}
{{- if .root.Values.serviceAccount.create -}}
{{ include "osum-mesh.stageName" . }}
{{- else -}}
{{ default "default" .root.Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{/* Reference of an image: a digest wins over the tag. Takes image and the default tag. */}}
{{- define "osum-mesh.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .tag .image.tag }}
{{- end -}}
{{- end -}}
