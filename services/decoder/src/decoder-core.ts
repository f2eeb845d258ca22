import { TenantClock } from '@osum/mesh';
import { BlockLedger } from './cache/block-ledger.js';
import { PrefixCache } from './cache/prefix-cache.js';
import type { DecoderEngine } from './engine.js';
import type { DecoderObserver } from './observer.js';
import { StepLoop } from './schedule/step-loop.js';
import { AdmissionQueue } from './session/admission-queue.js';
import {
  attachTimedOut,
  deviceLost,
  displaced,
  draining,
  queueFull,
  requestTooLarge,
} from './session/refusals.js';
import { RetryEstimate } from './session/retry-estimate.js';
import type { Session } from './session/session.js';
import { buildSession, type SessionResources } from './session/session-builder.js';
import { layOut, type SessionLayout } from './session/session-layout.js';
import { SessionRegistry } from './session/session-registry.js';
import type { SessionRequest } from './session/session-request.js';

/** Limits of a decoder. */
export interface DecoderLimits {
  /** Input rows of a step. Above the engine's sequences, or prefill could starve; at most the engine's own bound. */
  readonly stepRows: number;
  /** Rows of prefill that a tenant gets before the next tenant's turn. */
  readonly quantumRows: number;
  /** Sessions that may wait for KV blocks. */
  readonly maxWaiting: number;
  /** How long an admitted session waits for its speech. */
  readonly attachTimeoutMs: number;
  /** Stretches of prompt shorter than this are computed by each pass again. */
  readonly minSharedRows: number;
  /** System texts kept. */
  readonly maxPrefixes: number;
  /** Weights of tenants; others have 1. */
  readonly tenantWeights: ReadonlyMap<string, number>;
}

/** What is in use, for metrics and tests. */
export interface DecoderStats {
  readonly blocks: {
    readonly total: number;
    /** Blocks that sessions hold. */
    readonly used: number;
    /** Blocks promised to sessions and not yet written. */
    readonly promised: number;
    /** Blocks that keep system texts nobody uses at the moment. */
    readonly idlePrefix: number;
  };
  /** Sessions with KV blocks. */
  readonly running: number;
  /** Sessions that wait for KV blocks. */
  readonly waiting: number;
  readonly freeSlots: number;
}

/** Sessions over one engine: admission, prefix sharing, the step loop, attach. Knows nothing of gRPC or of tensors. */
export class DecoderCore {
  /** The sessions that hold KV blocks. */
  readonly sessions = new SessionRegistry();
  readonly #clock: TenantClock;
  readonly #queue: AdmissionQueue;
  readonly #loop: StepLoop;
  #resources: SessionResources;
  readonly #retry = new RetryEstimate();
  #draining = false;
  #idle: (() => void)[] = [];

  constructor(
    private readonly engine: DecoderEngine,
    private readonly limits: DecoderLimits,
    private readonly observer: DecoderObserver,
  ) {
    checkStepRows(limits.stepRows, engine);
    const weights = limits.tenantWeights;
    this.#clock = new TenantClock(weights);
    this.#queue = new AdmissionQueue(new TenantClock(weights), limits.maxWaiting, () => this.#displaced());
    this.#loop = new StepLoop(engine, { ...limits, stepWorks: engine.maxSequences }, this.#clock, observer, {
      released: () => {
        if (this.#loop.healthy) this.#queue.pump();
      },
      lost: () => this.#queue.clear(deviceLost()),
      recovered: () => {
        this.#resources = this.#freshResources();
      },
    });
    this.#resources = this.#freshResources();
    this.#loop.start();
  }

  /** False from the loss of the device until it works again. */
  get healthy(): boolean {
    return this.#loop.healthy;
  }

  get stats(): DecoderStats {
    const { ledger, prefixes } = this.#resources;
    const idlePrefix = prefixes.idleBlocks;
    return {
      blocks: {
        total: ledger.pool.totalBlocks,
        used: ledger.pool.usedBlocks - idlePrefix,
        promised: ledger.promised,
        idlePrefix,
      },
      running: this.sessions.size,
      waiting: this.#queue.length,
      freeSlots: this.engine.freeSlots,
    };
  }

  /**
   * Reserves what the session may need and starts on its prompt. Waits in a bounded queue while KV blocks or slots
   * are short. The session ends when `signal` aborts, with the signal's reason.
   *
   * Rejects with OUT_OF_RANGE when it can never fit, RESOURCE_EXHAUSTED when the queue is full, UNAVAILABLE while
   * draining or without a device, and with the signal's reason.
   */
  async admit(request: SessionRequest, signal: AbortSignal): Promise<Session> {
    const requestedMs = performance.now();
    if (this.#draining || !this.#loop.healthy) {
      this.observer.refused('unavailable');
      throw this.#draining ? draining() : deviceLost();
    }
    const layout = layOut(request, this.limits);
    this.#checkFits(request, layout);
    const granted = this.#queue.enter(
      request.tenant,
      layout.blocks,
      () => this.#tryGrant(request, layout, requestedMs, signal),
      signal,
    );
    if (granted === null) throw this.#full();
    return granted;
  }

  /** Refuses new sessions with UNAVAILABLE; resolves when the present ones are over. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#queue.clear(draining());
    if (this.sessions.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Ends what is left with UNAVAILABLE, stops, and closes the engine. */
  async close(): Promise<void> {
    this.#draining = true;
    this.#queue.clear(draining());
    for (const session of [...this.sessions]) session.end(draining());
    await this.#loop.close(draining());
    this.#resources.prefixes.clear();
    await this.engine.close();
  }

  /** What sessions are built from, with nothing in the KV cache. */
  #freshResources(): SessionResources {
    const ledger = new BlockLedger(this.engine.pool);
    return {
      engine: this.engine,
      ledger,
      prefixes: new PrefixCache(ledger, this.limits.maxPrefixes),
      observer: this.observer,
      start: (work) => this.#loop.add(work),
      changed: () => this.#loop.wake(),
    };
  }

  #checkFits(request: SessionRequest, layout: SessionLayout): void {
    const { maxPositions, maxSequences, pool } = this.engine;
    const size = {
      positions: { wanted: layout.positions, limit: maxPositions },
      passes: { wanted: request.passes.length, limit: maxSequences },
      kvBlocks: { wanted: layout.blocks + layout.systemBlocks, limit: pool.totalBlocks },
    };
    if (Object.values(size).every(({ wanted, limit }) => wanted <= limit)) return;
    this.observer.refused('too-large');
    throw requestTooLarge(size);
  }

  #full(): Error {
    this.observer.refused('queue-full');
    return queueFull(this.limits.maxWaiting, this.#pushbackMs());
  }

  #displaced(): Error {
    this.observer.refused('queue-full');
    return displaced(this.#pushbackMs());
  }

  #pushbackMs(): number {
    return this.#retry.milliseconds(this.sessions.size, this.#queue.length);
  }

  #tryGrant(
    request: SessionRequest,
    layout: SessionLayout,
    requestedMs: number,
    signal: AbortSignal,
  ): Session | null {
    const session = buildSession(request, layout, requestedMs, this.#resources);
    if (session === null) return null;
    this.sessions.add(session);
    this.#clock.enter(session.tenant);
    const admittedMs = performance.now();
    this.observer.admitted({
      queueSeconds: (admittedMs - requestedMs) / 1000,
      passes: request.passes.length,
    });

    const onAbort = () => session.end(signal.reason, 'cancelled');
    signal.addEventListener('abort', onAbort, { once: true });
    const { attachTimeoutMs } = this.limits;
    const attachTimer = setTimeout(() => {
      if (!session.speechDelivered) session.end(attachTimedOut(attachTimeoutMs));
    }, attachTimeoutMs);
    session.onOver(() => {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(attachTimer);
      this.#clock.leave(session.tenant);
      this.#retry.observe(performance.now() - admittedMs);
      this.sessions.remove(session);
      if (this.sessions.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    });
    return session;
  }
}

function checkStepRows(stepRows: number, { maxSequences, maxRows }: DecoderEngine): void {
  if (stepRows > maxSequences && stepRows <= maxRows) return;
  throw new RangeError(
    `stepRows must be above the ${maxSequences} sequences and at most ${maxRows}, got ${stepRows}`,
  );
}
