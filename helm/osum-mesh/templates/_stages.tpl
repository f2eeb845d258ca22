{{/*
What the chart knows of each stage:
  service  its name in health checks
  port     where it listens
  computes whether it runs on a device
  calls    variable that lists the instances of a stage it calls, and that stage
  attaches a stage whose instances it calls at the addresses that they advertise
  door     whether clients call it
*/}}
{{- define "osum-mesh.stages" -}}
features:
  service: osum.v1.FeatureExtractor
  port: 7001
  computes: true
  calls: { OSUM_ENCODERS: encoder }
encoder:
  service: osum.v1.SpeechEncoder
  port: 7002
  computes: true
  calls: { OSUM_ADAPTERS: adapter }
adapter:
  service: osum.v1.ModalityAdapter
  port: 7003
  computes: true
  calls: {}
  attaches: decoder
decoder:
  service: osum.v1.LanguageDecoder
  port: 7004
  computes: true
  calls: {}
router:
  service: osum.v1.SpeechUnderstanding
  port: 50051
  calls: { OSUM_DECODERS: decoder, OSUM_FEATURES: features }
  door: true
gateway:
  service: nvidia.riva.asr.RivaSpeechRecognition
  port: 50052
  httpPort: 8080
  calls: { OSUM_ROUTER: router }
  door: true
{{- end -}}

{{/* Where the callers of a stage find it. Takes root and name. */}}
{{- define "osum-mesh.addresses" -}}
{{- $stage := index .root.Values .name -}}
{{- if $stage.enabled -}}
{{- $facts := index (include "osum-mesh.stages" .root | fromYaml) .name -}}
dns:///{{ include "osum-mesh.podsName" . }}:{{ $facts.port }}
{{- else -}}
{{ join "," $stage.addresses }}
{{- end -}}
{{- end -}}

{{/* Ports of a stage's instances, as a JSON list of strings. Takes root and name. */}}
{{- define "osum-mesh.ports" -}}
{{- $stage := index .root.Values .name -}}
{{- $ports := list -}}
{{- if $stage.enabled -}}
{{- $ports = list (toString (index (include "osum-mesh.stages" .root | fromYaml) .name).port) -}}
{{- else -}}
{{- range $stage.addresses -}}
{{- $ports = append $ports (regexFind "[0-9]+$" .) -}}
{{- end -}}
{{- end -}}
{{ uniq $ports | toJson }}
{{- end -}}

{{/* Addresses at which a stage may send a session's speech to decoders. Takes root and facts. */}}
{{- define "osum-mesh.forwardAddresses" -}}
{{- $addresses := list -}}
{{- $ports := include "osum-mesh.ports" (dict "root" .root "name" .facts.attaches) | fromJsonArray -}}
{{- range $network := .root.Values.podNetworks -}}
{{- range $port := $ports -}}
{{- $addresses = append $addresses (printf "%s:%s" $network $port) -}}
{{- end -}}
{{- end -}}
{{ join "," $addresses }}
{{- end -}}

{{/* Names of the stages that call a stage, as a JSON list. Takes root and name. */}}
{{- define "osum-mesh.callers" -}}
{{- $callers := list -}}
{{- range $name, $facts := include "osum-mesh.stages" .root | fromYaml -}}
{{- if or (has $.name (values $facts.calls)) (eq $.name (default "" $facts.attaches)) -}}
{{- $callers = append $callers $name -}}
{{- end -}}
{{- end -}}
{{ toJson $callers }}
{{- end -}}

{{/* Names of the stages that a stage connects to, as a JSON list. Takes facts. */}}
{{- define "osum-mesh.callees" -}}
{{ values .facts.calls | concat (without (list (default "" .facts.attaches)) "") | sortAlpha | toJson }}
{{- end -}}
