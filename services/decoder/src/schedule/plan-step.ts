import type { TenantClock } from '@osum/mesh';

/** What the planner needs to know of a sequence or shared prefix. */
export interface Plannable {
  readonly tenant: string;
  /** Rows that can be computed now; 0 while it waits for something. */
  readonly pendingRows: number;
  /** True when its only pending row is the token it generated last. */
  readonly decoding: boolean;
}

/** A share of a step. */
export interface PlannedRows<W extends Plannable> {
  readonly work: W;
  readonly rows: number;
}

/** Bounds of a step. */
export interface StepLimits {
  /** Input rows of a step, decode and prefill together. */
  readonly stepRows: number;
  /** Works of a step. */
  readonly stepWorks: number;
  /** Rows of prefill that a tenant gets before the next tenant's turn. */
  readonly quantumRows: number;
}

/**
 * Chooses the rows of the next step: every decoding sequence's one row, then chunks of prefill until the step is
 * full, so that a long prompt never stops the tokens of others. Prefill goes to the tenant with the lowest clock
 * first, within a tenant in order of arrival. Charges the tenants.
 */
export function planStep<W extends Plannable>(
  works: Iterable<W>,
  limits: StepLimits,
  clock: TenantClock,
): PlannedRows<W>[] {
  const plan: { work: W; rows: number }[] = [];
  const prefills = new Map<string, W[]>();
  let left = limits.stepRows;
  for (const work of works) {
    if (work.decoding) {
      plan.push({ work, rows: 1 });
      clock.charge(work.tenant, 1);
      left -= 1;
    } else if (work.pendingRows > 0) {
      const queue = prefills.get(work.tenant);
      if (queue) queue.push(work);
      else prefills.set(work.tenant, [work]);
    }
  }
  const chunks = new Map<W, number>();
  while (left > 0 && prefills.size > 0 && plan.length + chunks.size < limits.stepWorks) {
    const tenant = lowest(prefills.keys(), clock);
    const queue = prefills.get(tenant) as W[];
    const work = queue[0] as W;
    const planned = chunks.get(work) ?? 0;
    const rows = Math.min(left, limits.quantumRows, work.pendingRows - planned);
    chunks.set(work, planned + rows);
    clock.charge(tenant, rows);
    left -= rows;
    if (planned + rows === work.pendingRows) queue.shift();
    if (queue.length === 0) prefills.delete(tenant);
  }
  for (const [work, rows] of chunks) plan.push({ work, rows });
  return plan;
}

function lowest(tenants: Iterable<string>, clock: TenantClock): string {
  let best: string | null = null;
  for (const tenant of tenants) if (best === null || clock.time(tenant) < clock.time(best)) best = tenant;
  return best as string;
}
