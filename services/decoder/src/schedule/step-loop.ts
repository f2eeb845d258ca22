import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantClock } from '@osum/mesh';
import type { StepResult } from '@osum/nn';
import { type DecoderEngine, EngineLostError } from '../engine.js';
import type { StepObserver } from '../observer.js';
import { deviceLost } from '../session/refusals.js';
import { planStep, type StepLimits } from './plan-step.js';
import type { Work } from './work.js';

/** Between attempts to make a lost device usable. */
const RECOVERY_PAUSE_MS = 500;

/** Who hears about the loop as a whole. */
export interface LoopListener {
  /** Works were dropped: blocks and slots may be free. No step is in flight. */
  released(): void;
  /** The device lost every block; all works will be failed and dropped next. */
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
  readonly #closing = new AbortController();
  #lost: EngineLostError | null = null;
  #done: Promise<void> | null = null;

  constructor(
    private readonly engine: DecoderEngine,
    private readonly limits: StepLimits,
    private readonly clock: TenantClock,
    private readonly observer: StepObserver,
    private readonly listener: LoopListener,
  ) {
    engine.onLost((error) => {
      this.#lost = error;
      this.wake();
    });
  }

  get size(): number {
    return this.#works.size;
  }

  /** False from the loss of the device until it works again. */
  get healthy(): boolean {
    return this.#lost === null;
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
    this.#closing.abort();
    this.wake();
    await this.#done;
    for (const work of this.#works) work.fail(error);
    this.#drop(() => true);
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      for (const work of this.#works) if (work.span.failure !== null) work.fail(work.span.failure);
      this.#drop((work) => work.ended);
      if (this.#lost !== null) await this.#rebuild(this.#lost);
      else if (!(await this.#step())) await changed;
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
      this.#stepFailed(error, planned);
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

  #stepFailed(error: unknown, planned: readonly { readonly work: Work }[]): void {
    this.observer.stepFailed(error);
    if (error instanceof EngineLostError) this.#lost = error;
    else for (const { work } of planned) work.fail(error);
  }

  /** Fails every work and waits until the engine is usable again. */
  async #rebuild(error: EngineLostError): Promise<void> {
    this.listener.lost(error);
    for (const work of this.#works) work.fail(deviceLost(error));
    this.#drop(() => true);
    while (!this.#closing.signal.aborted && this.#lost !== null) {
      try {
        await this.engine.recover(this.#closing.signal);
        this.listener.recovered();
        this.#lost = null;
      } catch (failure) {
        if (this.#closing.signal.aborted) return;
        this.observer.stepFailed(failure);
        await sleep(RECOVERY_PAUSE_MS);
      }
    }
  }

  #drop(condition: (work: Work) => boolean): void {
    let dropped = 0;
    // Dropping a sequence may leave a shared stretch without users, which is then dropped too.
    for (let before = -1; before < dropped; ) {
      before = dropped;
      for (const work of this.#works) {
        if (!condition(work)) continue;
        this.#works.delete(work);
        work.release();
        dropped += 1;
      }
    }
    if (dropped > 0) this.listener.released();
  }
}
