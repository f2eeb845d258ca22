import { MeshError } from '@osum/mesh';
import { type AudioBudget, type AudioRate, createAudioBudget } from './audio-budget.js';
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

interface TenantState {
  calls: number;
  budget: AudioBudget | undefined;
}

const tooManyPushbackMs = 1000;

/** See {@link Admission}. `tenants` gives what the file says now; a change counts from the next call. */
export function createAdmission(tenants: () => Tenants): Admission {
  const states = new Map<string, TenantState>();

  const stateOf = (tenant: string, bounds: TenantBounds): TenantState => {
    const state = states.get(tenant) ?? { calls: 0, budget: undefined };
    states.set(tenant, state);
    const rate = rateOf(bounds);
    if (rate === undefined) state.budget = undefined;
    else if (state.budget === undefined) state.budget = createAudioBudget(rate);
    else state.budget.change(rate);
    return state;
  };
  // A tenant without calls and with a full budget is as good as one never seen.
  const forget = (tenant: string, { calls, budget }: TenantState) => {
    if (calls === 0 && (budget?.isFull ?? true)) states.delete(tenant);
  };

  return {
    admit(tenant) {
      const bounds = tenants().boundsOf(tenant);
      if (bounds === undefined) throw notListed(tenant);
      const state = stateOf(tenant, bounds);
      const { maxCalls = Number.POSITIVE_INFINITY, maxAudioSeconds = Number.POSITIVE_INFINITY } = bounds;
      if (state.calls >= maxCalls) throw tooManyCalls(maxCalls);
      state.budget?.require();
      state.calls += 1;
      let over = false;
      return {
        maxAudioSeconds: Math.min(maxAudioSeconds, rateOf(bounds)?.burst ?? Number.POSITIVE_INFINITY),
        charge: (audioSeconds) => state.budget?.take(audioSeconds),
        end() {
          if (over) return;
          over = true;
          state.calls -= 1;
          forget(tenant, state);
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
