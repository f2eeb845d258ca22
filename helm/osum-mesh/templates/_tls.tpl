{{/* Secret that holds a stage's certificate. Takes root and name. */}}
{{- define "osum-mesh.tlsSecret" -}}
{{ include "osum-mesh.stageName" . }}-tls
{{- end -}}

{{/* Whether a stage serves TLS, and so needs a port of its own for probes: a word, or nothing. Takes root and name. */}}
{{- define "osum-mesh.isSecured" -}}
{{- if or .root.Values.tls.enabled (index .root.Values .name).doorSecret -}}
secured
{{- end -}}
{{- end -}}

{{/* Identity of a stage. Takes root and name. */}}
{{- define "osum-mesh.identity" -}}
spiffe://{{ .root.Values.tls.trustDomain }}/ns/{{ .root.Release.Namespace }}/sa/{{ include "osum-mesh.serviceAccountName" . }}
{{- end -}}

{{/* Identities of stages of this release with others after them, separated by commas. Takes root, names and others. */}}
{{- define "osum-mesh.identities" -}}
{{- $identities := list -}}
{{- range $name := .names -}}
{{- if (index $.root.Values $name).enabled -}}
{{- $identities = append $identities (include "osum-mesh.identity" (dict "root" $.root "name" $name)) -}}
{{- end -}}
{{- end -}}
{{ concat $identities .others | uniq | join "," }}
{{- end -}}

{{/* Identities that may call a stage. Takes root, name and facts. */}}
{{- define "osum-mesh.peers" -}}
{{- $callers := include "osum-mesh.callers" . | fromJsonArray -}}
{{- $others := ternary .root.Values.tls.clients .root.Values.tls.stageClients (default false .facts.door) -}}
{{ include "osum-mesh.identities" (dict "root" .root "names" $callers "others" $others) }}
{{- end -}}

{{/* Certificate, authorities, and who may be at the other end. Takes root, name and facts. */}}
{{- define "osum-mesh.tlsEnvironment" -}}
{{- $tls := .root.Values.tls -}}
{{- $callees := include "osum-mesh.callees" . | fromJsonArray -}}
- name: OSUM_TLS_CERT
  value: /etc/osum-tls/tls.crt
- name: OSUM_TLS_KEY
  value: /etc/osum-tls/tls.key
- name: OSUM_TLS_CA
  value: /etc/osum-tls/ca.crt
{{- with include "osum-mesh.peers" . }}
- name: OSUM_TLS_PEERS
  value: {{ . }}
{{- end }}
{{- with include "osum-mesh.identities" (dict "root" .root "names" $callees "others" $tls.servers) }}
- name: OSUM_TLS_SERVERS
  value: {{ . }}
{{- end }}
{{- end -}}

{{/* The certificate for callers from outside, who they are, and the port for probes. Takes root, name and stage. */}}
{{- define "osum-mesh.doorEnvironment" -}}
{{- if .stage.doorSecret -}}
- name: OSUM_DOOR_CERT
  value: /etc/osum-door/tls.crt
- name: OSUM_DOOR_KEY
  value: /etc/osum-door/tls.key
{{- end }}
{{- if .stage.tenantsSecret }}
- name: OSUM_TENANTS
  value: /etc/osum-tenants/tenants.yaml
{{- end }}
{{- if include "osum-mesh.isSecured" . }}
- name: OSUM_ADMIN
  value: 0.0.0.0:{{ .root.Values.tls.adminPort }}
{{- end }}
{{- end -}}

{{/* Secrets that a stage reads: name of the volume, its folder, and the secret. Takes root, name and stage. */}}
{{- define "osum-mesh.secrets" -}}
{{- if .root.Values.tls.enabled }}
tls: { folder: /etc/osum-tls, secret: {{ include "osum-mesh.tlsSecret" . }} }
{{- end }}
{{- with .stage.doorSecret }}
door: { folder: /etc/osum-door, secret: {{ . }} }
{{- end }}
{{- with .stage.tenantsSecret }}
tenants: { folder: /etc/osum-tenants, secret: {{ . }} }
{{- end }}
{{- end -}}
