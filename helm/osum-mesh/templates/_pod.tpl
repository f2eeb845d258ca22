{{/* Environment of a stage's container: where it listens, and where it finds what it needs. Takes root, name, stage and facts. */}}
{{- define "osum-mesh.environment" -}}
{{- $values := .root.Values -}}
- name: OSUM_CONFIG
  value: /etc/osum/config.yaml
- name: OSUM_LISTEN
  value: 0.0.0.0:{{ .facts.port }}
{{- if .facts.httpPort }}
- name: OSUM_HTTP
  value: 0.0.0.0:{{ .facts.httpPort }}
{{- else }}
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- /* A session lives on one pod: it is this pod that others are told to call. */}}
- name: OSUM_ADVERTISE
  value: $(POD_IP):{{ .facts.port }}
- name: OSUM_PACKAGE
  value: {{ $values.model.mountPath }}/{{ $values.model.name }}
{{- end }}
- name: OSUM_OPERATIONS
  value: 0.0.0.0:{{ $values.metrics.port }}
{{- range $variable, $callee := .facts.calls }}
- name: {{ $variable }}
  value: {{ include "osum-mesh.addresses" (dict "root" $.root "name" $callee) }}
{{- end }}
{{- if .facts.attaches }}
- name: OSUM_FORWARD_ADDRESSES
  value: {{ include "osum-mesh.forwardAddresses" . }}
{{- end }}
{{- with $values.tracing.otlpEndpoint }}
- name: OSUM_OTLP_ENDPOINT
  value: {{ . }}
{{- end }}
{{- if $values.tls.enabled }}
{{ include "osum-mesh.tlsEnvironment" . }}
{{- end }}
{{- with include "osum-mesh.doorEnvironment" . | trim }}
{{ . }}
{{- end }}
{{- if .facts.computes }}
- name: OSUM_DEVICE
  value: {{ .stage.device }}
{{- if ne .stage.device "npu" }}
{{- /* Without these the CPU's device sizes itself after the node instead of the container. */}}
- name: HOSTACL_THREADS
  valueFrom:
    resourceFieldRef:
      resource: limits.cpu
- name: HOSTACL_DEVICE_MEMORY
  valueFrom:
    resourceFieldRef:
      resource: limits.memory
{{- end }}
{{- end }}
{{- with .stage.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Probes. Loading the model may take startupSeconds; the empty service name is the whole process; a pod takes calls while its own
service serves. Takes root, name, stage and facts.
*/}}
{{- define "osum-mesh.probes" -}}
{{- $port := ternary .root.Values.tls.adminPort .facts.port (not (empty (include "osum-mesh.isSecured" .))) -}}
startupProbe:
  grpc:
    port: {{ $port }}
    service: {{ .facts.service }}
  periodSeconds: 2
  failureThreshold: {{ div (add .stage.startupSeconds 1) 2 }}
livenessProbe:
  grpc:
    port: {{ $port }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  grpc:
    port: {{ $port }}
    service: {{ .facts.service }}
  periodSeconds: 5
  timeoutSeconds: 2
  failureThreshold: 2
{{- end -}}

{{/* The init container that fills the model volume. Takes root. */}}
{{- define "osum-mesh.modelContainer" -}}
{{- $model := .root.Values.model -}}
{{- $init := $model.initContainer -}}
- name: model
  image: {{ include "osum-mesh.image" (dict "image" $init.image "tag" .root.Chart.AppVersion) }}
  imagePullPolicy: {{ $init.image.pullPolicy }}
  {{- with $init.command }}
  command:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  args:
    {{- default (list (printf "%s/%s" $model.mountPath $model.name)) $init.args | toYaml | nindent 4 }}
  {{- with $init.env }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $init.envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  resources:
    {{- toYaml $init.resources | nindent 4 }}
  securityContext:
    {{- toYaml .root.Values.containerSecurityContext | nindent 4 }}
  volumeMounts:
    - name: model
      mountPath: {{ $model.mountPath }}
{{- end -}}

{{/* The volume that holds the model package. Takes root. */}}
{{- define "osum-mesh.modelVolume" -}}
{{- $model := .root.Values.model -}}
- name: model
{{- if eq $model.source "volume" }}
  {{- toYaml $model.volume | nindent 2 }}
{{- else }}
  emptyDir:
    sizeLimit: {{ $model.initContainer.sizeLimit }}
{{- end }}
{{- end -}}

{{/* Topology spread of a stage. Takes root, name and stage. */}}
{{- define "osum-mesh.topologySpread" -}}
{{- range .stage.topologySpread.keys }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: {{ $.stage.topologySpread.whenUnsatisfiable }}
  labelSelector:
    matchLabels:
      {{- include "osum-mesh.selectorLabels" $ | nindent 6 }}
  {{- /* Each revision is spread by itself, so that a rolling update ends balanced. */}}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}
