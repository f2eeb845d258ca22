/** What is wrong with the frames of a tensor; the names are rows of the mesh's status table. */
export type TensorErrorKind = 'badOrder' | 'badTensor' | 'corrupted' | 'tooLong';

/** Frames that make no tensor, or not the one that was expected. */
export class TensorError extends Error {
  override readonly name = 'TensorError';

  /**
   * @param kind What is wrong.
   * @param message What was expected and what came.
   * @param facts For programs, such as `{ chunk: '3' }`.
   */
  constructor(
    readonly kind: TensorErrorKind,
    message: string,
    readonly facts: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}
