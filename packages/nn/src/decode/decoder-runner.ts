import { Arena, type DeviceBuffer, type RunOptions, type RunReport, type Stream } from '@osum/device';
import { KvCache } from '../kv/kv-cache.js';
import type { KvSequence } from '../kv/kv-sequence.js';
import type { Tap } from '../layers/tap.js';
import { decoderArenaBytes } from '../memory/activations.js';
import type { DecoderDims } from '../package/manifest.js';
import type { PanguDecoder } from '../pangu-decoder.js';
import type { ComputeDType } from '../weights/stage-weights.js';
import { DecodePrograms } from './decode-programs.js';
import { forkSequence } from './fork.js';
import { PenaltyMasks } from './penalty-masks.js';
import { type SequenceStep, type StepResult, stepRows } from './step.js';
import { type StepContext, StepProgram } from './step-program.js';
import { shapeOfSteps } from './step-shape.js';

/** How much a decoder may do at once. */
export interface RunnerOptions {
  /** KV blocks of 128 positions for all sequences together. */
  readonly kvBlocks: number;
  /** The most rows (prompt positions and decoding sequences) of one step. */
  readonly maxRows: number;
  /** The most sequences of one step, and of greedy generations alive. */
  readonly maxSequences: number;
  /** Replay captured graphs for steps that only decode; default true, plain programs where capture is not possible. */
  readonly capture?: boolean;
}

/** Options of `DecoderRunner.step`. */
export interface StepOptions extends RunOptions {
  /** Sees the layers' results; such a step is always built anew. */
  readonly tap?: Tap;
}

/** What a step did, beside its results. */
export interface StepReport extends RunReport {
  readonly results: readonly StepResult[];
  /** How the step ran: a program built for it, a prepared program of a batch size, or the captured graph of it. */
  readonly path: 'built' | 'prepared' | 'captured';
}

/**
 * Runs a decoder step by step: continuous batching over one KV cache. Each step is any mixture of prompt chunks and
 * decoding sequences. Steps run one after another; the caller awaits each.
 */
export class DecoderRunner implements StepContext, AsyncDisposable {
  readonly #decodePrograms: DecodePrograms;
  #busy = false;

  private constructor(
    readonly decoder: PanguDecoder,
    readonly options: RunnerOptions,
    readonly cache: KvCache,
    readonly masks: PenaltyMasks,
    private readonly arenaBuffer: DeviceBuffer,
  ) {
    this.#decodePrograms = new DecodePrograms(this, this.#arena(), options);
  }

  /** Device bytes of a runner: the cache, the masks and the working memory. */
  static bytesFor(dims: DecoderDims, compute: ComputeDType, options: RunnerOptions): number {
    const { kvBlocks, maxRows, maxSequences } = options;
    return (
      KvCache.bytesFor(dims, compute, kvBlocks) +
      PenaltyMasks.bytesFor(maxSequences, dims.vocab) +
      decoderArenaBytes(dims, compute, maxRows, maxSequences)
    );
  }

  /** Allocates the cache, the masks and the working memory. Rejects when the device's memory does not suffice. */
  static async create(decoder: PanguDecoder, options: RunnerOptions): Promise<DecoderRunner> {
    const { device, dims, dtype } = decoder;
    const { kvBlocks, maxRows, maxSequences } = options;
    if (maxRows < maxSequences) {
      throw new RangeError(`maxRows (${maxRows}) must hold a row for each of maxSequences (${maxSequences})`);
    }
    const owned: AsyncDisposable[] = [];
    try {
      const cache = await KvCache.create(device, dims, dtype, kvBlocks);
      owned.push(cache);
      const masks = await PenaltyMasks.create(device, maxSequences, dims.vocab);
      owned.push(masks);
      const arena = await device.allocate(decoderArenaBytes(dims, dtype, maxRows, maxSequences));
      return new DecoderRunner(decoder, options, cache, masks, arena);
    } catch (error) {
      for (const resource of owned) await resource[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Why decode steps are not captured; null while they are. */
  get captureFailure(): string | null {
    return this.#decodePrograms.captureFailure;
  }

  /**
   * Runs one step on a stream and advances the sequences. Rejects with a `DeviceError` or the signal's reason; the
   * sequences of the step are then as before.
   */
  async step(stream: Stream, steps: readonly SequenceStep[], options: StepOptions = {}): Promise<StepReport> {
    this.#check(steps);
    this.#busy = true;
    try {
      const slots = steps.flatMap(({ result }) => (typeof result === 'object' ? [result.slot] : []));
      this.masks.clearStale(stream, slots);
      const { tap } = options;
      const prepared = tap === undefined ? await this.#decodePrograms.find(stream, steps) : null;
      const program = prepared?.program ?? new StepProgram(this, this.#arena(), shapeOfSteps(steps), tap);
      program.fill(steps);
      const report =
        prepared?.graph == null
          ? await stream.run(program.program, options)
          : await prepared.graph.replay(options);
      const results = program.results(steps);
      for (const step of steps) step.sequence.advance(stepRows(step));
      const path = prepared === null ? 'built' : prepared.graph === null ? 'prepared' : 'captured';
      return { ...report, results, path };
    } finally {
      this.#busy = false;
    }
  }

  /** A second sequence with the same positions, on shared blocks; room for `positions` in all is reserved. */
  fork(stream: Stream, sequence: KvSequence, positions: number): Promise<KvSequence> {
    return forkSequence(stream, this.cache, sequence, positions);
  }

  #arena(): Arena {
    return new Arena(this.arenaBuffer);
  }

  #check(steps: readonly SequenceStep[]): void {
    if (this.#busy) throw new Error('a step is still running; await it before the next');
    const { maxSequences, maxRows } = this.options;
    if (steps.length === 0 || steps.length > maxSequences) {
      throw new RangeError(`a step takes 1 to ${maxSequences} sequences, got ${steps.length}`);
    }
    const rows = steps.map(stepRows);
    if (rows.includes(0)) throw new RangeError('a sequence of a step has at least one row, got none');
    const total = rows.reduce((sum, count) => sum + count, 0);
    if (total > maxRows)
      throw new RangeError(`a step of ${total} rows exceeds ${maxRows}; give the prompt in chunks`);
    const { maxPositions } = this.decoder.dims;
    const longest = Math.max(...steps.map(({ sequence }, i) => sequence.length + rows[i]!));
    if (longest > maxPositions) {
      throw new RangeError(
        `a sequence of ${longest} positions exceeds the package's ${maxPositions}; end it earlier`,
      );
    }
    if (new Set(steps.map((step) => step.sequence)).size !== steps.length) {
      throw new RangeError('a sequence appears once in a step; put its inputs into one SequenceStep');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#decodePrograms[Symbol.asyncDispose]();
    await Promise.all([
      this.cache[Symbol.asyncDispose](),
      this.masks[Symbol.asyncDispose](),
      this.arenaBuffer.dispose(),
    ]);
  }
}
