{{/* How callers prove to a stage who they are: key, token, certificate, or nothing. Takes root and stage. */}}
{{- define "osum-mesh.proof" -}}
{{- $router := .root.Values.router -}}
{{- if $router.tenantsSecret -}}
key
{{- else if $router.config.jwtKeys -}}
token
{{- else if and .root.Values.tls.enabled (not .stage.config.anonymousTenant) -}}
certificate
{{- end -}}
{{- end -}}

{{/* Host that the certificate of a stage names. Takes root, name and stage. */}}
{{- define "osum-mesh.certificateHost" -}}
{{- if .stage.doorSecret -}}
$DOOR
{{- else -}}
{{ include "osum-mesh.stageName" . }}.{{ .root.Release.Namespace }}.svc
{{- end -}}
{{- end -}}

{{/* Commands before a call of a stage: what it is trusted by, and what is shown to it. Takes root, name and stage. */}}
{{- define "osum-mesh.callPreparation" -}}
{{- $proof := include "osum-mesh.proof" . -}}
{{- $namespace := .root.Release.Namespace -}}
{{- if .stage.doorSecret }}
     DOOR=...                    # a host name in the certificate of secret {{ .stage.doorSecret }}, whose authority this machine knows
{{- else if include "osum-mesh.isSecured" . }}
     kubectl --namespace {{ $namespace }} get secret {{ include "osum-mesh.tlsSecret" . }} --output 'jsonpath={.data.ca\.crt}' | base64 --decode > ca.crt
{{- end }}
{{- if eq $proof "key" }}
     export OSUM_API_KEY=...     # one whose hash tenants.yaml of secret {{ .root.Values.router.tenantsSecret }} lists
{{- else if eq $proof "token" }}
     export OSUM_TOKEN=...       # a JWT that a key of {{ .root.Values.router.config.jwtKeys }} signed
{{- else if eq $proof "certificate" }}
     ls client.crt client.key    # a certificate of {{ join " or " (default (list "an identity that tls.clients has to name") .root.Values.tls.clients) }}
{{- end }}
{{- end -}}

{{/* Flags of `osum` for a call of the router. Takes root, name and stage. */}}
{{- define "osum-mesh.osumFlags" -}}
{{- if include "osum-mesh.isSecured" . }} --tls-ca {{ ternary "system" "ca.crt" (not (empty .stage.doorSecret)) }} --tls-server-name "{{ include "osum-mesh.certificateHost" . }}"{{ end -}}
{{- if eq (include "osum-mesh.proof" .) "certificate" }} --tls-cert client.crt --tls-key client.key{{ end -}}
{{- end -}}

{{/* Flags of curl for a call of the gateway at port 8080 of this machine, and the URL. Takes root, name and stage. */}}
{{- define "osum-mesh.curlFlags" -}}
{{- $proof := include "osum-mesh.proof" . -}}
{{- if eq $proof "key" }}--header "authorization: Bearer $OSUM_API_KEY" {{ end -}}
{{- if eq $proof "token" }}--header "authorization: Bearer $OSUM_TOKEN" {{ end -}}
{{- if include "osum-mesh.isSecured" . -}}
{{- $host := include "osum-mesh.certificateHost" . -}}
{{- if not .stage.doorSecret }}--cacert ca.crt {{ end -}}
{{- if eq $proof "certificate" }}--cert client.crt --key client.key {{ end -}}
--resolve "{{ $host }}:8080:127.0.0.1" "https://{{ $host }}:8080
{{- else -}}
"http://127.0.0.1:8080
{{- end -}}
/v1/audio/transcriptions"
{{- end -}}
