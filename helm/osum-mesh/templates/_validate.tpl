{{/* Fails with a sentence when values contradict each other. Their shape is the schema's matter. */}}
{{- define "osum-mesh.validate" -}}
{{- include "osum-mesh.validateModel" .Values.model -}}
{{- include "osum-mesh.validateDoor" . -}}
{{- if and .Values.tls.issuer (not .Values.tls.enabled) -}}
{{- fail "tls.issuer is set, but tls.enabled is false: without TLS no certificate is used." -}}
{{- end -}}
{{- $stages := include "osum-mesh.stages" . | fromYaml -}}
{{- range $name, $facts := $stages -}}
{{- $stage := index $.Values $name -}}
{{- $context := dict "root" $ "name" $name "stage" $stage "facts" $facts -}}
{{- if $stage.enabled -}}
{{- if $stage.addresses -}}
{{- fail (printf "%s.addresses says that %s runs elsewhere, but %s.enabled is true: empty the one or set the other to false." $name $name $name) -}}
{{- end -}}
{{- include "osum-mesh.validateCallees" $context -}}
{{- if and $.Values.tls.enabled (not $facts.door) (empty (include "osum-mesh.peers" $context)) -}}
{{- fail (printf "tls.enabled lets %s take calls of known identities only, but no stage of this release calls it and tls.stageClients is empty: name its callers." $name) -}}
{{- end -}}
{{- include "osum-mesh.validateDevice" $context -}}
{{- include "osum-mesh.validateShutdown" $context -}}
{{- include "osum-mesh.validateAvailability" $context -}}
{{- if $stage.autoscaling.enabled -}}
{{- include "osum-mesh.validateScaling" $context -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Router and its callers. Takes root. */}}
{{- define "osum-mesh.validateDoor" -}}
{{- $router := .Values.router -}}
{{- $context := dict "root" . "name" "router" "facts" (dict "door" true) -}}
{{- $known := or $router.tenantsSecret $router.config.jwtKeys $router.config.anonymousTenant -}}
{{- if and $router.enabled .Values.tls.enabled (not $known) (empty (include "osum-mesh.peers" $context)) -}}
{{- fail "tls.enabled lets router take calls of known callers only, but none is known: set tls.clients, router.tenantsSecret, router.config.jwtKeys, or router.config.anonymousTenant for anybody." -}}
{{- end -}}
{{- if and $router.enabled $router.doorSecret (not .Values.tls.enabled) (not .Values.gateway.enabled) (not $known) -}}
{{- fail "router.doorSecret lets router take calls of known callers only, but none is known: set router.tenantsSecret, router.config.jwtKeys, or router.config.anonymousTenant for anybody." -}}
{{- end -}}
{{- if and $router.enabled $router.doorSecret .Values.gateway.enabled -}}
{{- fail "router.doorSecret is a certificate for callers from outside, and gateway, which is enabled, knows router by another: empty the one or disable the other." -}}
{{- end -}}
{{- end -}}

{{- define "osum-mesh.validateModel" -}}
{{- if and (eq .source "volume") (empty .volume) -}}
{{- fail "model.source is volume, but model.volume is empty: give it a Kubernetes volume source, such as persistentVolumeClaim: {claimName: models}." -}}
{{- end -}}
{{- if and (eq .source "initContainer") .volume -}}
{{- fail "model.volume is set, but model.source is initContainer, which does not use it: set model.source to volume, or empty model.volume." -}}
{{- end -}}
{{- end -}}

{{- define "osum-mesh.validateCallees" -}}
{{- range $callee := include "osum-mesh.callees" . | fromJsonArray -}}
{{- $target := index $.root.Values $callee -}}
{{- if not (or $target.enabled $target.addresses) -}}
{{- fail (printf "%s calls %s, but %s.enabled is false and %s.addresses is empty: enable it, or say where it runs." $.name $callee $callee $callee) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "osum-mesh.validateDevice" -}}
{{- if .facts.computes -}}
{{- $asked := regexMatch "huawei\\.com/" (toJson (default dict .stage.resources.limits)) -}}
{{- if and (eq .stage.device "npu") (not $asked) -}}
{{- fail (printf "%s.device is npu, but %s.resources.limits asks for no huawei.com/... device: add one, such as huawei.com/Ascend910: 1." .name .name) -}}
{{- end -}}
{{- if and (eq .stage.device "host") $asked -}}
{{- fail (printf "%s.resources.limits asks for a huawei.com/... device that %s.device: host would leave idle: set %s.device to npu or auto." .name .name .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "osum-mesh.validateShutdown" -}}
{{- $drainMs := dig "drainGraceMs" 20000 .stage.config -}}
{{- $neededMs := add $drainMs (mul .root.Values.preStopSeconds 1000) -}}
{{- if ge (int $neededMs) (int (mul .stage.terminationGracePeriodSeconds 1000)) -}}
{{- fail (printf "%s.terminationGracePeriodSeconds is %v, but preStopSeconds (%v s) and %s.config.drainGraceMs (%v ms) need longer: the pod would be killed while it drains." .name .stage.terminationGracePeriodSeconds .root.Values.preStopSeconds .name $drainMs) -}}
{{- end -}}
{{- end -}}

{{- define "osum-mesh.validateAvailability" -}}
{{- $budget := default dict .stage.podDisruptionBudget -}}
{{- if and (hasKey $budget "minAvailable") (hasKey $budget "maxUnavailable") -}}
{{- fail (printf "%s.podDisruptionBudget has minAvailable and maxUnavailable; Kubernetes takes one of them: set the other to null." .name) -}}
{{- end -}}
{{- $replicas := ternary .stage.autoscaling.minReplicas .stage.replicas .stage.autoscaling.enabled -}}
{{- if and $budget.minAvailable (not (kindIs "string" $budget.minAvailable)) (ge (int $budget.minAvailable) (int $replicas)) -}}
{{- fail (printf "%s.podDisruptionBudget.minAvailable is %v of %v replicas: no node with one of them could ever be drained." .name $budget.minAvailable $replicas) -}}
{{- end -}}
{{- end -}}

{{- define "osum-mesh.validateScaling" -}}
{{- $scaling := .stage.autoscaling -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
{{- fail (printf "%s.autoscaling.minReplicas (%v) is greater than maxReplicas (%v)." .name $scaling.minReplicas $scaling.maxReplicas) -}}
{{- end -}}
{{- if and $scaling.cpuPercent (not (dig "requests" "cpu" "" .stage.resources)) -}}
{{- fail (printf "%s.autoscaling.cpuPercent is a share of the requested CPU, but %s.resources.requests.cpu is not set." .name .name) -}}
{{- end -}}
{{- $keda := .root.Values.autoscaling -}}
{{- if and (eq $keda.kind "keda") (not $scaling.cpuPercent) (empty $keda.keda.prometheus) -}}
{{- fail (printf "%s.autoscaling is enabled with autoscaling.kind keda, but autoscaling.keda.prometheus is empty: give the URL of Prometheus." .name) -}}
{{- end -}}
{{- end -}}
