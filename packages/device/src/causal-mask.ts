/** Rows and columns of the mask that sparse modes 2 to 4 require (ABI reference 4.10). */
export const CAUSAL_MASK_SIZE = 2048;

/** Bytes of the mask, one a position. */
export const CAUSAL_MASK_BYTES = CAUSAL_MASK_SIZE ** 2; // 4 MiB

/** Ones strictly above the diagonal: 1 hides a key. */
export function causalMaskBytes(): Uint8Array {
  const bytes = new Uint8Array(CAUSAL_MASK_BYTES);
  for (let row = 0; row < CAUSAL_MASK_SIZE; row++) {
    bytes.fill(1, row * CAUSAL_MASK_SIZE + row + 1, (row + 1) * CAUSAL_MASK_SIZE);
  }
  return bytes;
}
