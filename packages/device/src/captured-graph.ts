import type { Program } from './program/program.js';
import { runDataOf, settleDownloads } from './program/run-data.js';
import type { RunOptions, RunReport, Stream } from './stream.js';

/**
 * A program frozen on its stream: addresses, shapes and scalars are fixed; uploads and lengths are read anew at each
 * replay. Made by `Stream.capture`.
 */
export class CapturedGraph implements AsyncDisposable {
  #released: Promise<void> | null = null;

  constructor(
    readonly stream: Stream,
    readonly program: Program,
    readonly id: number,
  ) {}

  /** Runs the graph with the program's present uploads and lengths, like `Stream.run`. */
  async replay(options: RunOptions = {}): Promise<RunReport> {
    const { program, stream } = this;
    const data = runDataOf(program);
    const report = await stream.tracked(options.signal, (ticket) =>
      stream.device.addon.graphReplay(stream.id, this.id, data.uploads, data.downloads, data.lengths, ticket),
    );
    settleDownloads(program, data);
    return report;
  }

  /** Destroys the graph after its last replay and lets go of its buffers. */
  dispose(): Promise<void> {
    const { device } = this.stream;
    this.#released ??= device.release(this, device.addon.graphDestroy(this.id));
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
