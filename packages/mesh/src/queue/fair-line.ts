import type { TenantClock } from './tenant-clock.js';

/** Something that waits in a {@link FairLine}. */
export interface Waiting {
  readonly tenant: string;
  /** Work that its tenant is charged when it is taken, in any one unit. */
  readonly cost: number;
}

/** Bounds of a {@link FairLine}. */
export interface LineBounds {
  /** Most entries that wait. */
  readonly maxEntries: number;
  /** Waiting entries may cost this much together; a single one may always wait. */
  readonly maxCost: number;
}

/**
 * A bounded waiting line in which tenants take turns, such that the work taken for each is in proportion to its weight; within a
 * tenant the order of arrival holds. The next in turn is never overtaken, so a large entry is not starved by small ones.
 */
export class FairLine<Entry extends Waiting> {
  readonly #entries: Entry[] = [];
  #cost = 0;

  constructor(
    private readonly clock: TenantClock,
    private readonly bounds: LineBounds,
  ) {}

  get size(): number {
    return this.#entries.length;
  }

  /** What the waiting entries cost together. */
  get cost(): number {
    return this.#cost;
  }

  /** The one that waits longest. */
  get oldest(): Entry | undefined {
    return this.#entries[0];
  }

  /** The one whose turn it is. */
  get next(): Entry | undefined {
    const [first] = this.inTurn();
    return first;
  }

  /** All entries in the order in which they would be taken now. */
  *inTurn(): Generator<Entry, void, undefined> {
    const lines = new Map<string, { time: number; entries: Entry[] }>();
    for (const entry of this.#entries) {
      const line = lines.get(entry.tenant);
      if (line) line.entries.push(entry);
      else lines.set(entry.tenant, { time: this.clock.time(entry.tenant), entries: [entry] });
    }
    while (lines.size > 0) {
      const [tenant, line] = [...lines].reduce((a, b) => (b[1].time < a[1].time ? b : a));
      const entry = line.entries.shift()!;
      yield entry;
      line.time += this.clock.cost(tenant, entry.cost);
      if (line.entries.length === 0) lines.delete(tenant);
    }
  }

  /** Lets an entry wait. Whoever gives way to it must have been removed. */
  push(entry: Entry): void {
    this.clock.enter(entry.tenant);
    this.#entries.push(entry);
    this.#cost += entry.cost;
  }

  /** Takes an entry out that will not be served. */
  remove(entry: Entry): void {
    const index = this.#entries.indexOf(entry);
    if (index === -1) return;
    this.#entries.splice(index, 1);
    // Sums of fractions leave dust.
    this.#cost = this.#entries.length === 0 ? 0 : this.#cost - entry.cost;
    this.clock.leave(entry.tenant);
  }

  /** Takes an entry out to be served, and charges its tenant. */
  take(entry: Entry): void {
    this.clock.charge(entry.tenant, entry.cost);
    this.remove(entry);
  }

  /** Charges a tenant for something that is served without waiting. */
  pass({ tenant, cost }: Waiting): void {
    this.clock.enter(tenant);
    this.clock.charge(tenant, cost);
    this.clock.leave(tenant);
  }

  /**
   * Who has to give way so that `entry` can wait, none while there is room: the latest entries of whichever tenant holds most of the
   * line for its weight, as long as that is more than the tenant of `entry` would hold. Null when there is no room to be had.
   */
  givingWayTo(entry: Waiting): readonly Entry[] | null {
    if (this.#hasRoom(entry, this.#entries)) return [];
    const held = new Map<string, number>();
    const hold = (one: Waiting, sign: 1 | -1) =>
      held.set(one.tenant, (held.get(one.tenant) ?? 0) + sign * this.#share(one));
    for (const one of [entry, ...this.#entries]) hold(one, 1);
    const left = [...this.#entries];
    const gone: Entry[] = [];
    while (!this.#hasRoom(entry, left)) {
      const [greediest] = [...held].reduce((a, b) => (b[1] > a[1] ? b : a));
      if (greediest === entry.tenant) return null;
      const latest = left.findLastIndex(({ tenant }) => tenant === greediest);
      const [one] = left.splice(latest, 1) as [Entry];
      hold(one, -1);
      gone.push(one);
    }
    return gone;
  }

  #hasRoom({ cost }: Waiting, waiting: readonly Entry[]): boolean {
    const { maxEntries, maxCost } = this.bounds;
    const sum = () => waiting.reduce((total, one) => total + one.cost, cost);
    return waiting.length < maxEntries && (waiting.length === 0 || sum() <= maxCost);
  }

  /** Part of the bound that the entry takes most of, for the weight of its tenant. */
  #share({ tenant, cost }: Waiting): number {
    const { maxEntries, maxCost } = this.bounds;
    return this.clock.cost(tenant, Math.max(1 / maxEntries, cost / maxCost));
  }
}
