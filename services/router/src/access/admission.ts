import { MeshError } from '@osum/mesh';
import type { AudioRate } from './audio-budget.js';
import type { TenantMetrics } from './tenant-metrics.js';
import { createTenantStates } from './tenant-states.js';
import type { TenantBounds, Tenants } from './tenants-file.js';

/** A call that a tenant has been let make. */
export interface AdmittedCall {
  /** Longest recording; Infinity if the tenant has no bound of its own. */
  readonly maxAudioSeconds: number;
  /** Charges audio to the tenant. Throws RESOURCE_EXHAUSTED when its quota is used up. */
  charge(audioSeconds: number): void;
  /** The call is over. May be called twice. */
  end(): void;
}

/** Bounds what each tenant uses of one router. */
export interface Admission {
  /**
   * Lets a tenant make a call.
   *
   * @throws MeshError `notAllowed` for a tenant that is not listed where others are refused, `tooManyCalls`, or `quotaExceeded` when
   *   nothing of its quota is left.
   */
  admit(tenant: string): AdmittedCall;
}

const tooManyPushbackMs = 1000;

/** See {@link Admission}. `tenants` gives what the file says now; a change counts from the next call. */
export function createAdmission(tenants: () => Tenants, metrics: TenantMetrics): Admission {
  const states = createTenantStates();
  return {
    admit(tenant) {
      const bounds = tenants().boundsOf(tenant);
      if (bounds === undefined) throw notListed(tenant);
      const { maxCalls = Number.POSITIVE_INFINITY, maxAudioSeconds = Number.POSITIVE_INFINITY } = bounds;
      const rate = rateOf(bounds);
      const state = states.of(tenant, rate);
      if (state.calls >= maxCalls) {
        metrics.refused(tenant, 'calls');
        throw tooManyCalls(maxCalls);
      }
      const counted = (use: () => void) => {
        try {
          use();
        } catch (error) {
          metrics.refused(tenant, 'audio');
          throw error;
        }
      };
      counted(() => state.budget?.require());
      state.calls += 1;
      let over = false;
      return {
        maxAudioSeconds: Math.min(maxAudioSeconds, rate?.burst ?? Number.POSITIVE_INFINITY),
        charge(audioSeconds) {
          counted(() => state.budget?.take(audioSeconds));
          metrics.charged(tenant, audioSeconds);
        },
        end() {
          if (over) return;
          over = true;
          state.calls -= 1;
          states.forget(tenant);
        },
      };
    },
  };
}

const defaultBurstShare = 1 / 4;
const hourSeconds = 3600;

function rateOf({ audioSecondsPerHour, burstAudioSeconds }: TenantBounds): AudioRate | undefined {
  if (audioSecondsPerHour === undefined) return undefined;
  return {
    perSecond: audioSecondsPerHour / hourSeconds,
    burst: burstAudioSeconds ?? audioSecondsPerHour * defaultBurstShare,
  };
}

function notListed(tenant: string): MeshError {
  return new MeshError(
    'notAllowed',
    `The tenant "${tenant}" is not served here; the operator lists those that are, or bounds for others.`,
  );
}

function tooManyCalls(maxCalls: number): MeshError {
  return new MeshError(
    'tooManyCalls',
    `The tenant has ${maxCalls} calls under way, as many as it may; try again when one is over.`,
    { pushbackMs: tooManyPushbackMs, facts: { maxCalls: String(maxCalls) } },
  );
}
