import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { type StatusEntry, statusTable } from '@osum/mesh';
import { durationFromMs } from './api/common.js';
import type { RetryCondition, RetryPolicy } from './api/route.js';
import type { EnvoyOptions } from './envoy-options.js';

/** The statuses that Envoy can be told to retry, by number. ABORTED is none: a lost session is begun again by the router. */
const conditionOfStatus: ReadonlyMap<number, RetryCondition> = new Map([
  [1, 'cancelled'],
  [4, 'deadline-exceeded'],
  [8, 'resource-exhausted'],
  [13, 'internal'],
  [14, 'unavailable'],
]);

/**
 * Of two instances, the least busy of two random picks is the dead one three times in four; so many picks in a row fall on it once in ten
 * thousand times.
 */
const PICKS_ELSEWHERE = 32;

// The call has reached no instance.
const neverArrived: readonly RetryCondition[] = ['connect-failure', 'refused-stream', 'reset-before-request'];

/**
 * When a call may be tried on another instance: always if it reached none. A method that its contract declares idempotent, also if it
 * was refused with a status of which every row of the status table says `elsewhere`, and if the instance vanished before it answered.
 *
 * The others are part of an utterance, which the router begins again as a whole: a stage passes on the refusal of a stage behind it, so
 * retries of each would multiply, and might attach the same speech twice. RESOURCE_EXHAUSTED is left to the caller, who can read the
 * pushback.
 */
export function retryConditions({ idempotency }: Pick<DescMethod, 'idempotency'>): RetryCondition[] {
  if (idempotency === MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN) return [...neverArrived];
  return [...neverArrived, ...refusedElsewhere(), 'reset'];
}

function refusedElsewhere(): RetryCondition[] {
  const rows: readonly StatusEntry[] = Object.values(statusTable);
  return [...conditionOfStatus].flatMap(([code, condition]) => {
    const meanings = rows.filter((row) => row.code === code);
    return meanings.length > 0 && meanings.every(({ retry }) => retry === 'elsewhere') ? [condition] : [];
  });
}

/** The retry policy of a method's route; none if only one attempt is wanted. */
export function retryPolicy(method: DescMethod, options: EnvoyOptions): RetryPolicy | undefined {
  const { maxAttempts, retryBackoffMs } = options;
  if (maxAttempts === 1) return undefined;
  return {
    retry_on: retryConditions(method).join(','),
    num_retries: maxAttempts - 1,
    retry_back_off: {
      base_interval: durationFromMs(retryBackoffMs),
      max_interval: durationFromMs(10 * retryBackoffMs),
    },
    retry_host_predicate: [
      {
        name: 'envoy.retry_host_predicates.previous_hosts',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
        },
      },
    ],
    host_selection_retry_max_attempts: PICKS_ELSEWHERE,
  };
}
