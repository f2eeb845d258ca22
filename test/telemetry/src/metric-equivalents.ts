/** The same quantity under the names of others. */
export interface MetricEquivalent {
  readonly ours: string;
  /** Of vLLM, which many dashboards and autoscalers know. */
  readonly vllm?: string;
  /** Of NVIDIA Triton. */
  readonly triton?: string;
  /** Of OpenTelemetry's conventions for generative AI, as Prometheus spells it. */
  readonly genAi?: string;
}

/** Every `ours` is a metric of a running service, which a test checks. */
export const metricEquivalents: readonly MetricEquivalent[] = [
  { ours: 'osum_decoder_sessions{state="running"}', vllm: 'vllm:num_requests_running' },
  {
    ours: 'osum_decoder_sessions{state="waiting"}',
    vllm: 'vllm:num_requests_waiting',
    triton: 'nv_inference_pending_request_count',
  },
  { ours: 'osum_decoder_kv_use_ratio', vllm: 'vllm:kv_cache_usage_perc' },
  { ours: 'osum_decoder_prefix_tokens_total{found="true"}', vllm: 'vllm:prefix_cache_hits' },
  { ours: 'osum_decoder_tokens_total{kind="prompt"}', vllm: 'vllm:prompt_tokens_total' },
  { ours: 'osum_decoder_tokens_total{kind="generated"}', vllm: 'vllm:generation_tokens_total' },
  { ours: 'osum_decoder_passes_total{reason}', vllm: 'vllm:request_success_total{finished_reason}' },
  {
    ours: 'osum_decoder_time_to_first_token_seconds',
    vllm: 'vllm:time_to_first_token_seconds',
    triton: 'nv_inference_first_response_histogram_ms',
    genAi: 'gen_ai_server_time_to_first_token_seconds',
  },
  {
    ours: 'osum_decoder_inter_token_seconds',
    vllm: 'vllm:inter_token_latency_seconds',
    genAi: 'gen_ai_server_time_per_output_token_seconds',
  },
  { ours: 'osum_decoder_admission_wait_seconds', vllm: 'vllm:request_queue_time_seconds' },
  {
    ours: 'rpc_server_call_duration_seconds{rpc_method="osum.v1.LanguageDecoder/Generate"}',
    vllm: 'vllm:e2e_request_latency_seconds',
    triton: 'nv_inference_request_duration_us',
    genAi: 'gen_ai_server_request_duration_seconds',
  },
  { ours: 'osum_queue_wait_seconds', triton: 'nv_inference_queue_duration_us' },
  { ours: 'osum_stage_seconds{part="compute"}', triton: 'nv_inference_compute_infer_duration_us' },
  { ours: 'osum_batch_entries_sum', triton: 'nv_inference_count' },
  { ours: 'osum_batch_entries_count', triton: 'nv_inference_exec_count' },
  { ours: 'osum_queue_refusals_total', triton: 'nv_inference_request_failure{reason="REJECTED"}' },
  { ours: 'osum_device_memory_bytes{state="used"}', triton: 'nv_gpu_memory_used_bytes' },
];
