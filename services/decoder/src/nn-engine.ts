import { setTimeout as sleep } from 'node:timers/promises';
import {
  Arena,
  type Device,
  DeviceError,
  type DeviceScheduler,
  type Lease,
  Program,
  type Resident,
  type Tensor,
} from '@osum/device';
import {
  type BlockPool,
  computeDType,
  DecoderRunner,
  type ModelPackage,
  PanguDecoder,
  type StepInput,
  type StepResult,
} from '@osum/nn';
import {
  type DecoderEngine,
  type EngineBatch,
  type EngineInput,
  EngineLostError,
  type EngineStep,
  type SpeechRows,
} from './engine.js';

/** A decoder with its KV cache on one device. */
export interface DecoderInstance extends AsyncDisposable {
  readonly decoder: PanguDecoder;
  readonly runner: DecoderRunner;
}

/** Sizes of a decoder's cache and steps. */
export interface DecoderSizes {
  readonly kvBlocks: number;
  readonly maxRows: number;
  readonly maxSequences: number;
}

/** Loads decoder and cache onto a device. Throws a `PackageError` when both do not fit, before the weights are read. */
export async function loadDecoder(
  device: Device,
  modelPackage: ModelPackage,
  sizes: DecoderSizes,
): Promise<DecoderInstance> {
  const { decoder: dims, weights } = modelPackage.manifest;
  const besideBytes = DecoderRunner.bytesFor(dims, computeDType(weights), sizes);
  const decoder = await PanguDecoder.load(device, modelPackage, { besideBytes });
  try {
    const runner = await DecoderRunner.create(decoder, sizes);
    return {
      decoder,
      runner,
      async [Symbol.asyncDispose]() {
        await runner[Symbol.asyncDispose]();
        await decoder[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await decoder[Symbol.asyncDispose]();
    throw error;
  }
}

/** Between looks whether a lost device is back. */
const RECOVERY_POLL_MS = 50;
/** Steps go before batches of the other stages: tokens are waited for one by one. */
const STEP_PRIORITY = 1;
/** Device seconds that a step is assumed to take before the first measurement. */
const FIRST_STEP_SECONDS = 0.01;
/** Weight of the newest step in the measured duration. */
const SMOOTHING = 0.1;

/** The engine of `packages/nn` on one device, each step under a lease of the device scheduler. */
export class NnEngine implements DecoderEngine {
  #instance: DecoderInstance;
  #stepSeconds = FIRST_STEP_SECONDS;
  #unsubscribe: () => void = () => {};

  constructor(
    private readonly scheduler: DeviceScheduler,
    private readonly resident: Resident<DecoderInstance>,
    private readonly device: Device,
  ) {
    this.#instance = resident.on(device);
  }

  get pool(): BlockPool {
    return this.#instance.runner.cache.pool;
  }

  get maxPositions(): number {
    return this.#instance.decoder.dims.maxPositions;
  }

  get maxRows(): number {
    return this.#instance.runner.options.maxRows;
  }

  get maxSequences(): number {
    return this.#instance.runner.options.maxSequences;
  }

  get freeSlots(): number {
    return this.#instance.runner.masks.freeSlots;
  }

  acquireSlot(): number {
    return this.#instance.runner.masks.acquire();
  }

  releaseSlot(slot: number): void {
    this.#instance.runner.masks.release(slot);
  }

  async step(batch: EngineBatch): Promise<readonly StepResult[]> {
    using lease = await this.scheduler.lease({
      device: this.device,
      priority: STEP_PRIORITY,
      costSeconds: this.#stepSeconds,
      arenaBytes: this.#speechBytes(batch),
    });
    if (this.#current() !== this.#instance) throw new EngineLostError('the device was rebuilt meanwhile');
    try {
      const { steps, ready } = this.#prepare(batch, lease);
      const { results, runUs } = await this.#instance.runner.step(lease.stream, steps);
      await ready;
      this.#stepSeconds += SMOOTHING * (runUs / 1e6 - this.#stepSeconds);
      return results;
    } catch (error) {
      if (!(error instanceof DeviceError) || !error.deviceLost) throw error;
      // The scheduler sees faults in runs of the lease only; on the faulty stream any run shows it.
      await lease.run(new Program(lease.arena)).catch(() => {});
      throw new EngineLostError('the device lost its memory', { cause: error });
    }
  }

  onLost(listener: (error: EngineLostError) => void): void {
    this.#unsubscribe = this.scheduler.onHealth(({ device, state, reason }) => {
      if (device !== this.device || state !== 'recovering') return;
      listener(new EngineLostError(`the device is being rebuilt: ${reason}`));
    });
  }

  /** Waits until the scheduler has rebuilt the device and loaded the decoder anew. */
  async recover(signal: AbortSignal): Promise<void> {
    const before = this.#instance;
    for (;;) {
      const now = this.#current();
      if (now !== null && now !== before) {
        this.#instance = now;
        return;
      }
      await sleep(RECOVERY_POLL_MS, undefined, { signal });
    }
  }

  async close(): Promise<void> {
    this.#unsubscribe();
  }

  #current(): DecoderInstance | null {
    try {
      return this.resident.on(this.device);
    } catch {
      return null;
    }
  }

  /** Queues copies of forked blocks and uploads of speech ahead of the step, on the same stream. */
  #prepare(batch: EngineBatch, lease: Lease) {
    const program = new Program(lease.arena);
    this.#instance.runner.cache.copyBlocks(program, batch.copies);
    const steps = batch.steps.map(({ sequence, inputs, result }) => ({
      sequence,
      result,
      inputs: inputs.map((input) => this.#input(program, input)),
    }));
    const ready = program.length === 0 ? Promise.resolve() : lease.run(program);
    // A failure also fails the step that follows on the stream, whose error is the one that is told.
    ready.catch(() => {});
    return { steps, ready };
  }

  #input(program: Program, input: EngineInput): StepInput {
    if ('tokens' in input) return { tokens: input.tokens };
    return { embeddings: this.#upload(program, input.speech, input.from, input.rows) };
  }

  #upload(program: Program, speech: SpeechRows, from: number, rows: number): Tensor {
    const { dtype, dims } = this.#instance.decoder;
    const rowBytes = speech.data.byteLength / speech.rows;
    const target = program.arena.tensor(speech.dtype, [rows, dims.width]);
    program.upload(target).set(speech.data.subarray(from * rowBytes, (from + rows) * rowBytes));
    return speech.dtype === dtype ? target : program.cast(target, dtype);
  }

  /** Arena bytes for the speech of a batch, in the wire's dtype and in the model's. */
  #speechBytes({ steps }: EngineBatch): number {
    const { width } = this.#instance.decoder.dims;
    const bytes = ({ inputs }: EngineStep) =>
      inputs.reduce(
        (sum, input) => sum + ('tokens' in input ? 0 : 2 * Arena.bytesFor('f32', [input.rows, width])),
        0,
      );
    return Math.max(
      1,
      steps.reduce((sum, step) => sum + bytes(step), 0),
    );
  }
}
