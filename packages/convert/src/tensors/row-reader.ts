import { type CheckpointTensor, elementsPerRow, rowsOf } from '../checkpoint/checkpoint.js';
import { bytesPerElement, decodeFloats } from '../checkpoint/element-type.js';

/** Rows that are held in memory at once have this many elements, unless a single row has more. */
const CHUNK_ELEMENTS = 4 * 2 ** 20;

/** Consecutive rows of a tensor. */
export interface RowRange {
  readonly first: number;
  readonly count: number;
}

/** Reads a tensor by ranges of rows into buffers of its own, which the next read overwrites. */
export class RowReader {
  readonly rows: number;
  readonly rowElements: number;
  readonly #elementBytes: number;
  #bytes = new Uint8Array();
  #floats = new Float32Array();

  constructor(private readonly tensor: CheckpointTensor) {
    this.rows = rowsOf(tensor);
    this.rowElements = elementsPerRow(tensor);
    this.#elementBytes = bytesPerElement(tensor.dtype);
  }

  /** Ranges that cover the rows from `first` on: each fits the memory that a chunk may take. */
  *chunks(first = 0, count = this.rows - first): Generator<RowRange> {
    const fitting = Math.max(1, Math.floor(CHUNK_ELEMENTS / Math.max(1, this.rowElements)));
    const step = this.tensor.hasRows ? fitting : this.rows;
    for (let row = first; row < first + count; row += step) {
      yield { first: row, count: Math.min(step, first + count - row) };
    }
  }

  /** The rows' elements as they are stored, little-endian. */
  async bytes(first: number, count: number): Promise<Uint8Array> {
    const length = count * this.rowElements * this.#elementBytes;
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    const target = this.#bytes.subarray(0, length);
    await this.tensor.readRows(first, count, target);
    return target;
  }

  /** The rows' elements in float32, row-major. */
  async floats(first: number, count: number): Promise<Float32Array> {
    const elements = count * this.rowElements;
    if (this.#floats.length < elements) this.#floats = new Float32Array(elements);
    const values = this.#floats.subarray(0, elements);
    decodeFloats(this.tensor.dtype, await this.bytes(first, count), values);
    return values;
  }
}
