import type { Arena } from '../arena.js';
import type { Device } from '../device.js';
import type { DeviceEvent } from '../device-event.js';
import type { DType } from '../dtype.js';
import { sameShape, shapeText } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { StepEncoder } from './step-encoder.js';
import { Download, type HostData, Lengths, Upload } from './transfers.js';

/** What a stream needs to run a program. */
export interface CompiledProgram {
  readonly words: Float64Array;
  readonly buffers: Uint32Array;
  readonly events: Uint32Array;
}

/**
 * The part of a program that is not an operator: copies between host and device, events, host integers, and the
 * bookkeeping that the operator families share.
 */
export abstract class ProgramBase {
  protected readonly steps = new StepEncoder();
  readonly uploads: Upload[] = [];
  readonly downloads: Download[] = [];
  readonly lengthSlots: Lengths[] = [];
  readonly #events = new Map<DeviceEvent, number>();
  #compiled: CompiledProgram | null = null;

  /** `arena` provides the outputs that a method is not given. */
  constructor(readonly arena: Arena) {}

  get device(): Device {
    return this.arena.device;
  }

  /** Number of steps so far. */
  get length(): number {
    return this.steps.steps;
  }

  /** Copies host data into a contiguous tensor when the program reaches this point. `data` may be set later. */
  upload(target: Tensor, data?: HostData): Upload {
    this.requireWritable(target);
    if (!target.isContiguous) throw new RangeError(`upload needs a contiguous target, got ${target}`);
    const upload = new Upload(target, this.uploads.length);
    if (data !== undefined) upload.set(data);
    this.open();
    this.uploads.push(upload);
    this.steps.transfer('upload', upload.index, target);
    return upload;
  }

  /** Copies a contiguous tensor to the host at this point; the bytes are there when the run has finished. */
  download(source: Tensor): Download {
    if (!source.isContiguous)
      throw new RangeError(`download needs a contiguous source, got ${source}; copy it first`);
    this.open();
    const download = new Download(source, this.downloads.length);
    this.downloads.push(download);
    this.steps.transfer('download', download.index, source);
    return download;
  }

  /** Host integers that operators of this program read at submission, to be set anew between runs. */
  lengths(values: readonly number[]): Lengths {
    const lengths = new Lengths(values, this.lengthSlots.length);
    this.lengthSlots.push(lengths);
    return lengths;
  }

  /** Marks this point of the stream's work in `event`. */
  record(event: DeviceEvent): void {
    this.open();
    this.steps.event('record', this.#eventSlot(event));
  }

  /** Holds the stream here until the latest `record` of `event` among the runs issued before this one. */
  wait(event: DeviceEvent): void {
    this.open();
    this.steps.event('wait', this.#eventSlot(event));
  }

  /** Closes the program and returns what the addon runs. A program may run many times but cannot grow after that. */
  compile(): CompiledProgram {
    this.#compiled ??= {
      words: this.steps.words(),
      buffers: Uint32Array.from(this.steps.storages, (storage) => {
        if (storage.device !== this.device) {
          throw new Error(
            `a program of ${this.device} uses memory of ${storage.device}; copy it there first`,
          );
        }
        return storage.id;
      }),
      events: Uint32Array.from(this.#events.keys(), (event) => event.id),
    };
    return this.#compiled;
  }

  /** Starts an operator step; its arguments follow in the order of the C prototype. */
  protected operator(name: string): StepEncoder {
    this.open();
    return this.steps.begin(this.device.operators.numberOf(name));
  }

  protected open(): void {
    if (this.#compiled !== null)
      throw new Error('this program has already run and cannot grow; build a new one');
  }

  /** The given output after a check, or a new tensor of the arena. */
  protected output(
    operator: string,
    out: Tensor | undefined,
    dtype: DType,
    shape: readonly number[],
  ): Tensor {
    if (out === undefined) return this.arena.tensor(dtype, shape);
    if (out.dtype !== dtype || !sameShape(out.shape, shape)) {
      throw new RangeError(`${operator} writes ${dtype}${shapeText(shape)}, but was given ${out}`);
    }
    this.requireWritable(out);
    return out;
  }

  protected requireWritable(tensor: Tensor): void {
    if (!tensor.storage.writable) throw new Error(`${tensor} lies in a mapped file, which is read-only`);
  }

  #eventSlot(event: DeviceEvent): number {
    let slot = this.#events.get(event);
    if (slot === undefined) {
      slot = this.#events.size;
      this.#events.set(event, slot);
    }
    return slot;
  }
}
