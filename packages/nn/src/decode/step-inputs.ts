import { type Arena, contiguousStrides, Tensor } from '@osum/device';

/** How much of everything a step has. */
export interface StepSize {
  /** New positions of all sequences together. */
  readonly rows: number;
  readonly sequences: number;
  /** Width of the block table. */
  readonly maxBlocks: number;
  /** Rows whose logits are wanted. */
  readonly outputs: number;
}

/** The sections of the block, in order: name, dtype, elements. */
function sections({ rows, sequences, maxBlocks, outputs }: StepSize) {
  return {
    /** Position of each row in its sequence. */
    positions: ['i64', rows],
    /** Token id of each row; 0 where an embedding replaces it. */
    tokens: ['i32', rows],
    /** Cache row of each row. */
    slots: ['i32', rows],
    /** Cache blocks of each sequence, row-major. */
    blockTable: ['i32', sequences * maxBlocks],
    /** Rows whose logits are wanted. */
    logitRows: ['i32', outputs],
    /** Row of the penalty masks for each output. */
    maskRows: ['i32', outputs],
    /** Element of the flat penalty masks to set for each output: its last token. */
    marks: ['i32', outputs],
    /** Repetition penalty of each output. */
    penalties: ['f32', outputs],
  } as const;
}

type SectionName = keyof ReturnType<typeof sections>;

/** Sections start at multiples of this many bytes. */
const ALIGNMENT = 64;

/**
 * The integers of a step in one block of memory, so that one copy brings them to the device. Write the host views, then
 * upload `bytes` to `block`; the tensors are views of the block.
 */
export class StepInputs {
  /** Host side of the whole block. */
  readonly bytes: Uint8Array;
  /** u8 [bytes], on the device. */
  readonly block: Tensor;
  /** Host views of the sections, to be written before each run. */
  readonly tokens: Int32Array;
  readonly slots: Int32Array;
  readonly blockTable: Int32Array;
  readonly logitRows: Int32Array;
  readonly maskRows: Int32Array;
  readonly marks: Int32Array;
  readonly penalties: Float32Array;
  /** Low and high halves of the i64 positions. */
  readonly #positionHalves: Int32Array;
  readonly #starts: Readonly<Record<SectionName, number>>;
  readonly #sections: ReturnType<typeof sections>;

  constructor(
    arena: Arena,
    readonly size: StepSize,
  ) {
    this.#sections = sections(size);
    const { starts, bytes } = layout(this.#sections);
    this.#starts = starts;
    this.bytes = new Uint8Array(bytes);
    this.block = arena.tensor('u8', [bytes]);
    const ints = (name: SectionName): Int32Array =>
      new Int32Array(this.bytes.buffer, starts[name], this.#sections[name][1]);
    this.tokens = ints('tokens');
    this.slots = ints('slots');
    this.blockTable = ints('blockTable');
    this.logitRows = ints('logitRows');
    this.maskRows = ints('maskRows');
    this.marks = ints('marks');
    this.penalties = new Float32Array(this.bytes.buffer, starts.penalties, size.outputs);
    this.#positionHalves = new Int32Array(this.bytes.buffer, starts.positions, 2 * size.rows);
  }

  /** Bytes of the block for a step of this size. */
  static bytesFor(size: StepSize): number {
    return layout(sections(size)).bytes;
  }

  /** The device view of a section in the given shape (default: flat). */
  tensor(name: SectionName, shape?: readonly number[]): Tensor {
    const [dtype, elements] = this.#sections[name];
    const byteOffset = this.block.offset + this.#starts[name];
    const dims = shape ?? [elements];
    return new Tensor(
      this.block.storage,
      dtype,
      dims,
      contiguousStrides(dims),
      byteOffset / (dtype === 'i64' ? 8 : 4),
    );
  }

  /** Sets the position of a row. */
  setPosition(row: number, position: number): void {
    this.#positionHalves[2 * row] = position;
  }
}

function layout(parts: ReturnType<typeof sections>): { starts: Record<SectionName, number>; bytes: number } {
  const starts = {} as Record<SectionName, number>;
  let bytes = 0;
  for (const name of Object.keys(parts) as SectionName[]) {
    const [dtype, elements] = parts[name];
    starts[name] = bytes;
    bytes = Math.ceil((bytes + elements * (dtype === 'i64' ? 8 : 4)) / ALIGNMENT) * ALIGNMENT;
  }
  return { starts, bytes: Math.max(bytes, ALIGNMENT) };
}
