import { type MeshContext, RemoteError, remainingMs, sleep } from '@osum/mesh';
import { attemptsElsewhere } from '../instances.js';
import type { RouterMetrics } from '../router-metrics.js';

/** Decides what follows a failed attempt at an utterance. */
export interface Recovery {
  /** True, after the wait that the failure asks for, if the utterance is to be tried again; false if it is given up. */
  tryAgain(error: unknown): Promise<boolean>;
}

/** Options of {@link createRecovery}. */
export interface RecoveryOptions {
  /** Whether to wait out an overloaded mesh. */
  readonly patient: boolean;
  readonly metrics: RouterMetrics;
  /** Addresses that the next attempt avoids. */
  readonly used: Set<string>;
}

const overloadAttempts = 8;
const defaultPushbackMs = 500;
const overloads = new Set<string | undefined>(['queueFull', 'memoryFull', 'tenantOverShare']);

/**
 * A failure that may well not happen elsewhere is followed by one further attempt on other instances. An overload is waited out, if
 * `patient`, as long as the refusing stage asks and the deadline allows.
 */
export function createRecovery(context: MeshContext, { patient, metrics, used }: RecoveryOptions): Recovery {
  let attempts = 1;
  let refusals = 0;
  return {
    async tryAgain(error) {
      if (!(error instanceof RemoteError) || context.signal.aborted) return false;
      if (error.retryElsewhere) {
        attempts += 1;
        if (attempts > attemptsElsewhere) return false;
        metrics.retried();
        context.log.info({ failed: error.path, code: error.code }, 'trying the utterance elsewhere');
        return true;
      }
      const waitMs = error.pushbackMs ?? defaultPushbackMs;
      refusals += 1;
      const hopeless =
        waitMs < 0 || waitMs >= remainingMs(context.deadlineEpochMs) || refusals > overloadAttempts;
      if (!patient || !overloads.has(error.kind) || hopeless) return false;
      used.clear();
      await sleep(waitMs, context.signal);
      return true;
    },
  };
}
