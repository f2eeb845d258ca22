/** Takes the parts of pickle instructions from their bytes, in order. */
export class PickleReader {
  #position = 0;

  constructor(private readonly bytes: Buffer) {}

  /** Of the next byte. */
  get position(): number {
    return this.#position;
  }

  u8(): number {
    return this.#take(1).readUInt8();
  }

  u16(): number {
    return this.#take(2).readUInt16LE();
  }

  i32(): number {
    return this.#take(4).readInt32LE();
  }

  u32(): number {
    return this.#take(4).readUInt32LE();
  }

  u64(): number {
    const value = this.#take(8).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`the count ${value} is beyond all bounds`);
    return Number(value);
  }

  f64(): number {
    return this.#take(8).readDoubleBE();
  }

  /** A little-endian two's complement number of so many bytes. */
  long(length: number): number | bigint {
    const bytes = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    const signed = length === 0 ? 0n : BigInt.asIntN(8 * length, value);
    return signed >= Number.MIN_SAFE_INTEGER && signed <= Number.MAX_SAFE_INTEGER ? Number(signed) : signed;
  }

  utf8(length: number): string {
    return this.#take(length).toString('utf8');
  }

  /** A copy of so many bytes. */
  raw(length: number): Buffer {
    return Buffer.from(this.#take(length));
  }

  /** Up to the next newline, which is taken too. */
  line(): string {
    const end = this.bytes.indexOf(10, this.#position);
    if (end < 0) throw new Error('a line does not end');
    const text = this.bytes.toString('utf8', this.#position, end);
    this.#position = end + 1;
    return text;
  }

  #take(length: number): Buffer {
    const end = this.#position + length;
    if (end > this.bytes.length) throw new Error(`it ends after ${this.bytes.length} bytes`);
    const part = this.bytes.subarray(this.#position, end);
    this.#position = end;
    return part;
  }
}
