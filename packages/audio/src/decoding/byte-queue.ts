/** Bytes that have come but are not used yet. */
export class ByteQueue {
  #bytes: Uint8Array = new Uint8Array();

  get length(): number {
    return this.#bytes.length;
  }

  push(bytes: Uint8Array): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
  }

  /** The first bytes, without using them up; fewer where fewer have come. */
  peek(byteLength: number): Uint8Array {
    return this.#bytes.subarray(0, byteLength);
  }

  /** Removes and returns at most so many bytes. */
  take(byteLength: number): Uint8Array {
    const taken = this.#bytes.subarray(0, byteLength);
    this.#bytes = this.#bytes.subarray(taken.length);
    return taken;
  }
}
