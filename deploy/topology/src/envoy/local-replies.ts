import { type StatusKind, statusHeaders, statusTable } from '@osum/mesh';
import type { ResponseMapper } from './api/listener.js';
import type { EnvoyOptions } from './envoy-options.js';

/** An answer of Envoy's own. */
interface LocalReply {
  /** Envoy's flags for it. */
  readonly flags: readonly string[];
  /** The row of the status table that it becomes. */
  readonly kind: StatusKind;
  /** What happened. Default: the row's meaning. */
  readonly meaning?: string;
  /** What to do. Default: the row's advice. */
  readonly advice?: string;
  readonly pushbackMs?: number;
}

const openCircuitPushbackMs = 500;

function localReplies({ streamIdleMs }: EnvoyOptions): LocalReply[] {
  return [
    {
      // An open circuit: as many calls as max_requests or max_pending_requests lets through.
      flags: ['UO'],
      kind: 'queueFull',
      meaning: 'As many calls of the stage are under way as Envoy lets through.',
      pushbackMs: openCircuitPushbackMs,
    },
    // No instance that serves; connection failed, broke, was reset by either side; tries used up; protocol error.
    { flags: ['UH', 'UF', 'UC', 'UR', 'LR', 'URX', 'UPE'], kind: 'stageUnreachable' },
    // A unary call that took too long.
    { flags: ['UT'], kind: 'deadlinePassed', advice: 'Try again, and look at the log of the stage.' },
    {
      flags: ['SI'],
      kind: 'requestStalled',
      meaning: `Nothing moved in the call for ${streamIdleMs / 1000} s, in either direction.`,
      advice: 'Send audio as it comes, silence included, and close the stream after it.',
    },
  ];
}

/**
 * Envoy's own answers as the mesh would give them: status, details that name the row, pushback, and a sentence. Only for calls of
 * which nothing was answered yet; those under way are reset. Anything else Envoy maps from HTTP, as gRPC prescribes.
 */
export function responseMappers(options: EnvoyOptions): ResponseMapper[] {
  return localReplies(options).map(({ flags, kind, pushbackMs, ...texts }) => {
    const { meaning, advice } = { ...statusTable[kind], ...texts };
    return {
      filter: { response_flag_filter: { flags: [...flags] } },
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
