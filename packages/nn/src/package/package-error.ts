/** What is wrong with a model package. */
export type PackageFault =
  | 'not-found'
  | 'manifest'
  | 'format-version'
  | 'file-missing'
  | 'file-size'
  | 'checksum'
  | 'memory'
  | 'safetensors'
  | 'tensor-missing'
  | 'tensor-shape'
  | 'tensor-dtype';

/** A model package cannot be used. The message is one sentence: what was expected, what came, what to do. */
export class PackageError extends Error {
  override readonly name = 'PackageError';

  constructor(
    readonly fault: PackageFault,
    message: string,
  ) {
    super(message);
  }
}
