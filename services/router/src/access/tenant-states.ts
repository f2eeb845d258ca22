import { type AudioBudget, type AudioRate, createAudioBudget } from './audio-budget.js';

/** What a tenant uses now. */
export interface TenantState {
  calls: number;
  /** Undefined if it has no quota. */
  budget: AudioBudget | undefined;
}

/** What is remembered of tenants, as long as it matters. */
export interface TenantStates {
  /** The state of a tenant, with the quota that it has now. */
  of(tenant: string, rate: AudioRate | undefined): TenantState;
  /** Forgets a tenant without calls and with a full budget: it is as good as one never seen. */
  forget(tenant: string): void;
}

/** So many tenants are remembered before those who need not be are looked for. */
const sweepAbove = 1000;

/** See {@link TenantStates}. */
export function createTenantStates(): TenantStates {
  const states = new Map<string, TenantState>();
  let sweepAt = sweepAbove;

  const forget = (tenant: string) => {
    const state = states.get(tenant);
    if (state?.calls === 0 && (state.budget?.isFull ?? true)) states.delete(tenant);
  };
  // Budgets fill after the last call, when nobody is there to look.
  const sweep = () => {
    for (const tenant of states.keys()) forget(tenant);
    sweepAt = Math.max(sweepAbove, 2 * states.size);
  };

  return {
    of(tenant, rate) {
      const state = states.get(tenant) ?? { calls: 0, budget: undefined };
      if (rate === undefined) state.budget = undefined;
      else if (state.budget === undefined) state.budget = createAudioBudget(rate);
      else state.budget.change(rate);
      if (states.size >= sweepAt) sweep();
      states.set(tenant, state);
      return state;
    },
    forget,
  };
}
