import type { Board } from '../board.js';
import { graph, inJobs, mean, quantile, rate, stat } from '../panels.js';

/** The mesh from outside: what is asked, how fast and how well it is answered, and who is there to answer. */
export const meshBoard: Board = {
  uid: 'osum-mesh',
  title: 'OSUM mesh',
  description: 'Traffic, latency, failures and health of the whole mesh.',
  rows: [
    {
      title: 'Now',
      panels: [
        stat({
          title: 'Utterances',
          description: 'Answered a second.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum(${rate('osum_router_utterances_total', 'outcome="answered"')})`,
              legend: 'answered',
            },
          ],
        }),
        stat({
          title: 'Audio',
          description:
            'Seconds of audio answered in a second: how many speakers at one time the mesh keeps up with.',
          unit: 'none',
          queries: [{ expr: `sum(${rate('osum_router_audio_seconds_total')})`, legend: 'audio s/s' }],
        }),
        stat({
          title: 'p95 latency',
          description: 'From the end of an utterance to its result.',
          unit: 's',
          queries: [{ expr: quantile(0.95, 'osum_router_utterance_seconds'), legend: 'p95' }],
        }),
        stat({
          title: 'Failures',
          description: 'Share of utterances that failed.',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum(${rate('osum_router_utterances_total', 'outcome="failed"')}) / sum(${rate('osum_router_utterances_total')})`,
              legend: 'failed',
            },
          ],
        }),
        stat({
          title: 'Calls under way',
          description: 'At all services, health watches left out.',
          unit: 'none',
          queries: [
            { expr: `sum(osum_server_active_calls${inJobs('rpc_method=~"osum.*"')})`, legend: 'calls' },
          ],
        }),
        stat({
          title: 'Instances that serve',
          description: 'Of the stages that the routers call, as each router sees them.',
          unit: 'none',
          queries: [{ expr: `sum(osum_router_instances${inJobs('state="serving"')})`, legend: 'serving' }],
        }),
      ],
    },
    {
      title: 'Traffic',
      panels: [
        graph({
          title: 'Utterances',
          description: 'By outcome.',
          unit: 'reqps',
          stacked: true,
          queries: [
            { expr: `sum by (outcome) (${rate('osum_router_utterances_total')})`, legend: '{{outcome}}' },
          ],
        }),
        graph({
          title: 'Calls',
          description: 'Served by method. Stages answer one call an utterance.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (rpc_method) (${rate('rpc_server_call_duration_seconds_count', 'rpc_method!~"grpc.*"')})`,
              legend: '{{rpc_method}}',
            },
          ],
        }),
        graph({
          title: 'HTTP requests',
          description: 'At the OpenAI door, by route and status.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (http_route, http_response_status_code) (${rate('http_server_request_duration_seconds_count')})`,
              legend: '{{http_route}} {{http_response_status_code}}',
            },
          ],
        }),
        graph({
          title: 'Audio',
          description: 'Seconds of audio a second: answered by the router, and of that through the gateway.',
          unit: 'none',
          queries: [
            { expr: `sum(${rate('osum_router_audio_seconds_total')})`, legend: 'router' },
            { expr: `sum(${rate('osum_gateway_audio_seconds_total')})`, legend: 'gateway' },
          ],
        }),
        graph({
          title: 'Plans',
          description: 'Instructions by whether their plan was known: a miss costs a short decoding session.',
          unit: 'reqps',
          stacked: true,
          queries: [
            { expr: `sum by (result) (${rate('osum_router_plan_lookups_total')})`, legend: '{{result}}' },
          ],
        }),
      ],
    },
    {
      title: 'Latency',
      panels: [
        graph({
          title: 'Utterance to result',
          description: 'From the end of an utterance to its result.',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((q) => {
            return { expr: quantile(q, 'osum_router_utterance_seconds'), legend: `p${q * 100}` };
          }),
        }),
        graph({
          title: 'Calls, p95',
          description: 'Duration of served calls by method; the dots lead to traces.',
          unit: 's',
          queries: [
            {
              expr: quantile(
                0.95,
                'rpc_server_call_duration_seconds',
                ['rpc_method'],
                'rpc_method!~"grpc.*"',
              ),
              legend: '{{rpc_method}}',
              exemplars: true,
            },
          ],
        }),
        graph({
          title: 'Where the time goes',
          description:
            'Mean seconds of an utterance in each stage: waiting, computing, copying. Much queue and little compute: add instances.',
          unit: 's',
          stacked: true,
          queries: [{ expr: mean('osum_stage_seconds', ['stage', 'part']), legend: '{{stage}} {{part}}' }],
        }),
        graph({
          title: 'Real-time factor',
          description: 'Time to answer as a share of the length of the audio.',
          unit: 'none',
          queries: [
            { expr: quantile(0.5, 'osum_router_real_time_factor'), legend: 'router p50' },
            { expr: quantile(0.95, 'osum_router_real_time_factor'), legend: 'router p95' },
            { expr: quantile(0.95, 'osum_gateway_real_time_factor'), legend: 'gateway p95' },
          ],
        }),
        graph({
          title: 'HTTP requests, p95',
          description: 'Duration at the OpenAI door by route.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'http_server_request_duration_seconds', ['http_route']),
              legend: '{{http_route}}',
            },
          ],
        }),
        graph({
          title: 'Calls between services, p95',
          description: 'As the caller sees them, all attempts together.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'rpc_client_call_duration_seconds', ['rpc_method']),
              legend: '{{rpc_method}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Failures and refusals',
      panels: [
        graph({
          title: 'Calls that failed',
          description: 'Failures of the mesh, not of its callers, by method and status.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (rpc_method, error_type) (${rate('rpc_server_call_duration_seconds_count', 'error_type!=""')})`,
              legend: '{{rpc_method}} {{error_type}}',
            },
          ],
        }),
        graph({
          title: 'Statuses',
          description: 'Of all calls, by status.',
          unit: 'reqps',
          stacked: true,
          queries: [
            {
              expr: `sum by (rpc_status_code) (${rate('rpc_server_call_duration_seconds_count')})`,
              legend: '{{rpc_status_code}}',
            },
          ],
        }),
        graph({
          title: 'Refused for want of room',
          description:
            'Full queues by stage, and sessions that were not admitted by reason. Add instances of what refuses.',
          unit: 'reqps',
          queries: [
            { expr: `sum by (queue) (${rate('osum_queue_refusals_total')})`, legend: '{{queue}} queue' },
            {
              expr: `sum by (reason) (${rate('osum_decoder_refusals_total')})`,
              legend: 'decoder {{reason}}',
            },
          ],
        }),
        graph({
          title: 'Tried again elsewhere',
          description: 'Utterances whose stage failed before anything had reached the client.',
          unit: 'reqps',
          queries: [{ expr: `sum(${rate('osum_router_utterance_retries_total')})`, legend: 'utterances' }],
        }),
        graph({
          title: 'Tag mismatches',
          description:
            'Passes that printed other tags than they were asked to follow, by what was asked: the model slips.',
          unit: 'reqps',
          queries: [
            { expr: `sum by (tags) (${rate('osum_router_tag_mismatches_total')})`, legend: '{{tags}}' },
          ],
        }),
        graph({
          title: 'Spans',
          description: 'Given to the OTLP receiver; failed ones are lost.',
          unit: 'ops',
          queries: [{ expr: `sum by (outcome) (${rate('osum_trace_spans_total')})`, legend: '{{outcome}}' }],
        }),
      ],
    },
    {
      title: 'Tenants',
      panels: [
        graph({
          title: 'Audio',
          description: 'Seconds of audio charged in a second, by tenant that the operator lists.',
          unit: 'none',
          queries: [
            {
              expr: `sum by (tenant) (${rate('osum_router_tenant_audio_seconds_total')})`,
              legend: '{{tenant}}',
            },
          ],
        }),
        graph({
          title: 'Over their bounds',
          description:
            'Calls refused because the tenant had used its audio, or had too many calls under way.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (tenant, bound) (${rate('osum_router_tenant_refusals_total')})`,
              legend: '{{tenant}} {{bound}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Instances',
      panels: [
        graph({
          title: 'Instances, as the routers see them',
          description: 'Serving, passed over after failures, or not serving.',
          unit: 'none',
          queries: [
            {
              expr: `sum by (stage, state) (osum_router_instances${inJobs()})`,
              legend: '{{stage}} {{state}}',
            },
          ],
        }),
        graph({
          title: 'Calls under way',
          description: 'By method.',
          unit: 'none',
          queries: [
            {
              expr: `sum by (rpc_method) (osum_server_active_calls${inJobs('rpc_method!~"grpc.*"')})`,
              legend: '{{rpc_method}}',
            },
          ],
        }),
      ],
    },
  ],
};
