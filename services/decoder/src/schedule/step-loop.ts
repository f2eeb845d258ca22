import { setTimeout as sleep } from 'node:timers/promises';
import type { StepResult } from '@osum/nn';
import { type DecoderEngine, EngineLostError } from '../engine.js';
import type { StepObserver } from '../observer.js';
import { deviceLost } from '../session/refusals.js';
import { planStep, type StepLimits } from './plan-step.js';
import type { TenantClock } from './tenant-clock.js';
import type { Work } from './work.js';

/** Between attempts to make a lost device usable. */
const RECOVERY_PAUSE_MS = 500;

/** Who hears about the loop as a whole. */
export interface LoopListener {
  /** Works were dropped: blocks and slots may be free. No step is in flight. */
  released(): void;
  /** The device lost every block; all works have been failed and dropped. */
  lost(error: EngineLostError): void;
  /** The engine works again. */
  recovered(): void;
}

/**
 * Runs step after step while any work has rows, one step at a time: drop what ended, plan, compute, tell. A work that
 * ends while a step is in flight is dropped right after that step, so cancelling frees its blocks within one step.
 */
export class StepLoop {
  readonly #works = new Set<Work>();
  #wake: () => void = () => {};
  #closed = false;
  #healthy = true;
  #done: Promise<void> | null = null;

  constructor(
    private readonly engine: DecoderEngine,
    private readonly limits: StepLimits,
    private readonly clock: TenantClock,
    private readonly observer: StepObserver,
    private readonly listener: LoopListener,
  ) {}

  get size(): number {
    return this.#works.size;
  }

  /** False from the loss of the device until it works again. */
  get healthy(): boolean {
    return this.#healthy;
  }

  start(): void {
    this.#done ??= this.#run();
  }

  add(work: Work): void {
    this.#works.add(work);
    this.wake();
  }

  /** Says that something changed: work came, speech was attached, a session ended. */
  wake(): void {
    this.#wake();
  }

  /** Ends after the step in flight, with every remaining work failed. */
  async close(error: Error): Promise<void> {
    this.#closed = true;
    this.wake();
    await this.#done;
    for (const work of this.#works) work.fail(error);
    this.#drop(() => true);
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      for (const work of this.#works) if (work.span.failure !== null) work.fail(work.span.failure);
      this.#drop((work) => work.ended);
      if (!(await this.#step())) await changed;
    }
  }

  /** Computes one step; false when nothing can be computed now. */
  async #step(): Promise<boolean> {
    const planned = planStep(this.#works, this.limits, this.clock);
    if (planned.length === 0) return false;
    const parts = planned.map(({ work, rows }) => ({ work, chunk: work.span.next(rows) }));
    const batch = {
      copies: parts.flatMap(({ chunk }) => chunk.copies),
      steps: parts.map(({ work, chunk }) => ({
        sequence: chunk.sequence,
        inputs: chunk.inputs,
        result: work.want(chunk),
      })),
    };
    const startedMs = performance.now();
    let results: readonly StepResult[];
    try {
      results = await this.engine.step(batch);
    } catch (error) {
      await this.#stepFailed(error, planned);
      return true;
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const decodeRows = planned.reduce((count, { work }) => count + (work.decoding ? 1 : 0), 0);
    const rows = planned.reduce((sum, part) => sum + part.rows, 0);
    const facts = { seconds, sequences: planned.length, decodeRows, prefillRows: rows - decodeRows };
    this.observer.step(facts);
    parts.forEach(({ work, chunk }, i) => {
      try {
        work.advance(chunk, results[i] ?? null, facts);
      } catch (error) {
        work.fail(error);
      }
    });
    return true;
  }

  async #stepFailed(error: unknown, planned: readonly { readonly work: Work }[]): Promise<void> {
    this.observer.stepFailed(error);
    const lost = error instanceof EngineLostError;
    const told = lost ? deviceLost(error) : error;
    for (const work of lost ? this.#works : planned.map((part) => part.work)) work.fail(told);
    if (!lost) return;
    this.#healthy = false;
    this.#drop(() => true);
    this.listener.lost(error);
    while (!this.#closed && !(await this.#recovered())) await sleep(RECOVERY_PAUSE_MS);
  }

  async #recovered(): Promise<boolean> {
    try {
      await this.engine.recover();
      this.#healthy = true;
      this.listener.recovered();
    } catch (error) {
      this.observer.stepFailed(error);
    }
    return this.#healthy;
  }

  #drop(condition: (work: Work) => boolean): void {
    let dropped = false;
    for (const work of this.#works) {
      if (!condition(work)) continue;
      this.#works.delete(work);
      work.release();
      dropped = true;
    }
    if (dropped) this.listener.released();
  }
}
