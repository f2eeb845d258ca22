import { CapturedGraph } from './captured-graph.js';
import type { Device } from './device.js';
import { rejectAsDeviceError } from './device-error.js';
import type { NativeProgram, NativeReport } from './native.js';
import type { Program } from './program/program.js';
import { runDataOf, settleDownloads } from './program/run-data.js';

/** Microseconds of one run. */
export interface RunReport {
  /** From the call until the stream's thread took it up. */
  readonly queueUs: number;
  /** Submitting all steps. */
  readonly submitUs: number;
  /** From the first submission until the device had finished. */
  readonly runUs: number;
}

/** Options of `Stream.run` and `CapturedGraph.replay`. */
export interface RunOptions {
  /** On abort, steps not yet submitted are skipped, and the promise rejects once the device is done with the rest. */
  readonly signal?: AbortSignal;
}

/**
 * A queue of programs that the device runs in the order of the calls. Calls need not be awaited one by one: runs issued
 * together are submitted one behind the other, so that the device goes from one to the next without a pause.
 */
export class Stream implements AsyncDisposable {
  readonly #programs = new WeakMap<Program, NativeProgram>();
  #closed: Promise<void> | null = null;
  #nextTicket = 1;

  /** Use `Device.createStream`. */
  constructor(
    readonly device: Device,
    readonly id: number,
  ) {}

  /**
   * Runs a program. Resolves when the device has finished it and its downloads hold their bytes. Rejects with a
   * `DeviceError`, or with the signal's reason; either way the device no longer touches the program's memory then.
   */
  async run(program: Program, options: RunOptions = {}): Promise<RunReport> {
    const { buffers, events } = program.compile();
    const data = runDataOf(program);
    const native = this.#native(program);
    const report = await this.tracked(options.signal, (ticket) =>
      this.device.addon.run(
        this.id,
        native,
        buffers,
        events,
        data.uploads,
        data.downloads,
        data.lengths,
        ticket,
      ),
    );
    settleDownloads(program, data);
    return report;
  }

  /** Resolves when everything given to this stream so far has finished. */
  async synchronize(): Promise<void> {
    await this.tracked(undefined, (ticket) =>
      this.device.addon.run(this.id, this.device.operators.emptyProgram, NO_IDS, NO_IDS, [], [], [], ticket),
    );
  }

  /**
   * Records a program as a graph that replays with almost no host work. The capture itself computes nothing. Every
   * buffer that the program uses stays allocated until the graph is disposed of.
   */
  async capture(program: Program): Promise<CapturedGraph> {
    const { buffers, events } = program.compile();
    const { addon } = this.device;
    const uploads = program.uploads.map((upload) => new Uint8Array(upload.target.bytes));
    const downloads = program.downloads.map((download) => new Uint8Array(download.source.bytes));
    const lengths = program.lengthSlots.map((slot) => slot.values);
    const id = await addon
      .graphCapture(this.id, this.#native(program), buffers, events, uploads, downloads, lengths)
      .catch((failure: unknown) => rejectAsDeviceError(failure, this.device));
    return this.device.watch(new CapturedGraph(this, program, id), () => addon.graphDestroy(id));
  }

  /** Waits for submitted work and ends the thread. Graphs of this stream must be disposed of first. */
  dispose(): Promise<void> {
    this.#closed ??= this.device.release(this, this.device.addon.streamClose(this.id));
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Issues native work under a ticket that `signal` can cancel. Used by runs and replays. */
  async tracked(
    signal: AbortSignal | undefined,
    issue: (ticket: number) => Promise<NativeReport>,
  ): Promise<RunReport> {
    signal?.throwIfAborted();
    const ticket = this.#nextTicket++;
    const work = issue(ticket);
    const cancel = () => this.device.addon.runCancel(this.id, ticket);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const report = await work;
      signal?.throwIfAborted();
      return report;
    } catch (failure) {
      return rejectAsDeviceError(failure, this.device, signal);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  #native(program: Program): NativeProgram {
    let native = this.#programs.get(program);
    if (native === undefined) {
      native = this.device.addon.programCreate(program.compile().words);
      this.#programs.set(program, native);
    }
    return native;
  }
}

const NO_IDS = new Uint32Array(0);
