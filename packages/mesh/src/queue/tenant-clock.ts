/**
 * Start-time fair queueing between tenants. Each tenant's clock advances by the work done for it, in any one unit, divided by its
 * weight; whoever's clock is lowest is served next. A tenant that comes back after a pause starts at the present, so nobody saves up
 * credit.
 */
export class TenantClock {
  readonly #times = new Map<string, number>();
  readonly #active = new Map<string, number>();
  #now = 0;

  constructor(
    /** Share per tenant, above 0; tenants not named have 1. */
    private readonly weights: ReadonlyMap<string, number> = new Map(),
  ) {
    for (const [tenant, weight] of weights) {
      if (!(weight > 0)) throw new RangeError(`tenant ${tenant} needs a weight above 0, got ${weight}`);
    }
  }

  /** Tenants remembered, for bounding memory. */
  get size(): number {
    return this.#times.size;
  }

  /** A tenant has one more request waiting or running. */
  enter(tenant: string): void {
    const count = this.#active.get(tenant) ?? 0;
    if (count === 0) this.#times.set(tenant, Math.max(this.#times.get(tenant) ?? 0, this.#present()));
    this.#active.set(tenant, count + 1);
  }

  /** A tenant has one request less. */
  leave(tenant: string): void {
    const count = (this.#active.get(tenant) ?? 0) - 1;
    if (count > 0) {
      this.#active.set(tenant, count);
      return;
    }
    const now = this.#present();
    this.#active.delete(tenant);
    // A clock behind the present says nothing that `enter` would not restore.
    for (const [known, time] of this.#times) {
      if (!this.#active.has(known) && time <= now) this.#times.delete(known);
    }
  }

  /** Virtual time of a tenant: work done per unit of weight. */
  time(tenant: string): number {
    return this.#times.get(tenant) ?? this.#present();
  }

  /** Virtual cost of some work for a tenant. */
  cost(tenant: string, work: number): number {
    return work / (this.weights.get(tenant) ?? 1);
  }

  /** Charges work to a tenant. */
  charge(tenant: string, work: number): void {
    this.#times.set(tenant, this.time(tenant) + this.cost(tenant, work));
  }

  #present(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const tenant of this.#active.keys()) lowest = Math.min(lowest, this.#times.get(tenant) as number);
    if (lowest !== Number.POSITIVE_INFINITY) this.#now = Math.max(this.#now, lowest);
    return this.#now;
  }
}
