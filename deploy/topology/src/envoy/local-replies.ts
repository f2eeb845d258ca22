import { type StatusKind, statusHeaders, statusTable } from '@osum/mesh';
import type { AccessLogFilter, ResponseMapper } from './api/listener.js';

interface LocalReply {
  readonly filter: AccessLogFilter;
  readonly kind: StatusKind;
  readonly pushbackMs?: number;
}

const flags = (...names: string[]): AccessLogFilter => ({ response_flag_filter: { flags: names } });
const httpStatus = (status: number): AccessLogFilter => ({
  status_code_filter: {
    comparison: { op: 'EQ', value: { default_value: status, runtime_key: `osum.http_status.${status}` } },
  },
});

/** What Envoy answers by itself, as rows of the status table. Anything else it maps from HTTP, as gRPC prescribes. */
const localReplies: readonly LocalReply[] = [
  // Open circuit.
  { filter: flags('UO'), kind: 'queueFull', pushbackMs: 500 },
  // No healthy instance; connection failed; broke off; reset by the instance; reset here; retries used up; protocol error.
  { filter: flags('UH', 'UF', 'UC', 'UR', 'LR', 'URX', 'UPE'), kind: 'stageUnreachable' },
  // The time of a unary call.
  { filter: flags('UT'), kind: 'deadlinePassed' },
  // A stream in which nothing moved.
  { filter: flags('SI'), kind: 'requestStalled' },
  // Headers larger than max_request_headers_kb.
  { filter: httpStatus(431), kind: 'headersTooLarge' },
];

/** Envoy's own answers as the mesh would give them: status, details that name the row, pushback, and a sentence. */
export function responseMappers(): ResponseMapper[] {
  return localReplies.map(({ filter, kind, pushbackMs }) => {
    const { meaning, advice } = statusTable[kind];
    return {
      filter,
      body_format_override: {
        text_format_source: {
          inline_string: `${meaning} ${advice} (Envoy: %RESPONSE_FLAGS% %UPSTREAM_CLUSTER%)`,
        },
      },
      headers_to_add: Object.entries(statusHeaders(kind, pushbackMs)).map(([key, value]) => {
        return { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' as const };
      }),
    };
  });
}
