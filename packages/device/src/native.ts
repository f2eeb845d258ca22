/**
 * Everything that crosses between JavaScript and the addon (`native/ascendcl`), in the order of `exports.cpp`. The
 * addon checks handles and argument kinds only; shapes, defaults and messages live in TypeScript. `null` is absent.
 *
 * Numbers called `id` name native objects. Functions that touch a device return promises which the addon settles from
 * its own threads, and reject with a `NativeFailure`.
 */
export interface NativeAddon {
  /** Opens libraries (paths or bare names, all must load) and initialises AscendCL. Once per process. */
  open(runtime: readonly string[], operators: readonly string[]): Promise<NativeRuntime>;
  /** Operator names without `aclnn`; an operator's number in a program is its index here. */
  operatorNames(): string[];
  /** Whether the opened libraries export both phases of the operator. */
  hasOperator(name: string): boolean;

  deviceOpen(index: number): Promise<number>;
  deviceMemory(device: number): Promise<NativeMemory>;
  /** Destroys everything on the device and starts it anew; buffers, streams, events and graphs made before are void. */
  deviceReset(device: number): Promise<void>;
  deviceClose(device: number): Promise<void>;

  bufferAllocate(device: number, bytes: number): Promise<number>;
  /** Maps a file read-only and makes it device-visible: registered in place on the host, copied to NPU memory. */
  bufferMap(device: number, path: string): Promise<NativeMapping>;
  /** Frees the memory as soon as no submitted work uses it; resolves then. */
  bufferRelease(buffer: number): Promise<void>;

  eventCreate(device: number): Promise<number>;
  eventDestroy(event: number): Promise<void>;

  streamOpen(device: number): Promise<number>;
  /** Finishes the submitted work and ends the stream's thread. */
  streamClose(stream: number): Promise<void>;

  /** Decodes program words (see `program/step-encoder.ts`) once; the result may run many times. */
  programCreate(words: Float64Array): NativeProgram;
  /**
   * Runs a program on a stream. `uploads` are read and `downloads` written by the stream's thread until the promise
   * settles. The promise settles when the device has finished, also after `runCancel`.
   */
  run(
    stream: number,
    program: NativeProgram,
    buffers: Uint32Array,
    events: Uint32Array,
    uploads: readonly Uint8Array[],
    downloads: readonly Uint8Array[],
    lengths: readonly Float64Array[],
    ticket: number,
  ): Promise<NativeReport>;
  /** Skips what has not been submitted of the run with this ticket; its promise rejects with code `RUN_CANCELLED`. */
  runCancel(stream: number, ticket: number): void;

  graphCapture(
    stream: number,
    program: NativeProgram,
    buffers: Uint32Array,
    events: Uint32Array,
    uploads: readonly Uint8Array[],
    downloads: readonly Uint8Array[],
    lengths: readonly Float64Array[],
  ): Promise<number>;
  graphReplay(
    stream: number,
    graph: number,
    uploads: readonly Uint8Array[],
    downloads: readonly Uint8Array[],
    lengths: readonly Float64Array[],
    ticket: number,
  ): Promise<NativeReport>;
  graphDestroy(graph: number): Promise<void>;

  /** Live native objects of this environment by kind; all zero after everything was disposed. */
  liveObjects(): NativeLiveObjects;
  /** Ends all streams and gives everything back; with `finalize` AscendCL ends with the last environment. */
  shutdown(finalize: boolean): void;
  /** Counters of libhostacl, `null` on CANN. */
  hostStats(): HostStats | null;
  /** Arms a libhostacl fault; throws on CANN. */
  hostInjectFault(kind: number, parameter: number): void;
  /** Selects libhostacl's kernels by name when given, and returns the name in use; `null` on CANN. */
  hostIsa(name: string | null): string | null;
  /** The latest misuse that libhostacl's checked mode found since the last call, `null` when none. */
  hostMisuse(): string | null;
}

/** What `open` found. */
export interface NativeRuntime {
  /** True for libhostacl. */
  host: boolean;
  soc: string;
  devices: number;
  /** `[major, minor, patch]` of the ACL API, `null` when the runtime does not tell. */
  aclVersion: [number, number, number] | null;
  cannVersion: string | null;
  /** The files behind the opened names. */
  libraries: string[];
}

export interface NativeMemory {
  freeBytes: number;
  totalBytes: number;
}

export interface NativeMapping {
  buffer: number;
  bytes: number;
}

/** Microseconds: waiting in the stream's queue; submitting all steps; from the first submission until finished. */
export interface NativeReport {
  queueUs: number;
  submitUs: number;
  runUs: number;
}

export interface NativeLiveObjects {
  devices: number;
  streams: number;
  buffers: number;
  events: number;
  graphs: number;
  bufferBytes: number;
}

declare const programBrand: unique symbol;
/** A decoded program, an opaque value freed by the garbage collector; it holds no device memory. */
export type NativeProgram = { readonly [programBrand]: true };

/** Counters of libhostacl over all devices of the process (`hostaclStats`). Sizes in bytes. */
export interface HostStats {
  liveDeviceBytes: number;
  peakDeviceBytes: number;
  liveHostBytes: number;
  registeredBytes: number;
  mallocs: number;
  frees: number;
  synchronizes: number;
  phase1Calls: number;
  launches: number;
  replays: number;
  misuses: number;
  liveContexts: number;
  liveStreams: number;
  liveEvents: number;
  liveAllocations: number;
  liveTensors: number;
  liveScalars: number;
  liveArrays: number;
  liveLists: number;
  liveExecutors: number;
  liveModels: number;
}

/** What native promises reject with. */
export interface NativeFailure {
  /** A code of AscendCL or aclnn, or one of `ADDON_CODES`. */
  code: number;
  /** The C function that failed, such as `aclnnMmGetWorkspaceSize`. */
  function: string;
  /** Index of the program step, -1 outside a program. */
  step: number;
  /** Tensors of that step, such as `bf16[1, 512]`. */
  tensors: string[];
  /** The text of `aclGetRecentErrMsg` or the addon's own. */
  detail: string;
}

/** Codes of the addon itself, outside AscendCL's ranges. */
export const ADDON_CODES = {
  runCancelled: 900001,
  streamClosed: 900002,
  libraryMissing: 900003,
  symbolMissing: 900004,
  fileUnreadable: 900005,
  deviceReset: 900006,
  badHandle: 900007,
  badProgram: 900008,
  dependencyFailed: 900009,
  hostExhausted: 900010,
} as const;
