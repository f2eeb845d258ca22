{{/* The gauge that a computing stage scales on; every replica exports its own. Takes scaling. */}}
{{- define "osum-mesh.scalingMetric" -}}
{{ ternary "osum_decoder_kv_use_ratio" "osum_queue_audio_seconds" (hasKey .scaling "kvUsePercent") }}
{{- end -}}

{{/* Its sum over the stage's replicas, which KEDA divides by the threshold. Takes root, name and scaling. */}}
{{- define "osum-mesh.scalingQuery" -}}
{{- $labels := list (printf "namespace=%q" .root.Release.Namespace) (printf "pod=~%q" (printf "%s-[^-]+-[^-]+" (include "osum-mesh.stageName" .))) -}}
{{- range $label, $value := .root.Values.autoscaling.keda.extraLabels -}}
{{- $labels = append $labels (printf "%s=%q" $label $value) -}}
{{- end -}}
sum({{ include "osum-mesh.scalingMetric" . }}{ {{- join "," $labels -}} })
{{- end -}}
