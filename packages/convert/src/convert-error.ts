/** Why a conversion did not come about. */
export type ConvertFault =
  /** A file or folder that was named is not there. */
  | 'not-found'
  /** A file is not of a kind that is read. */
  | 'format'
  /** A pickle wants to call what no tensor needs. */
  | 'unsafe'
  /** A file ends early or contradicts itself. */
  | 'damaged'
  /** Tensors do not make up the model: missing, unknown, of a wrong shape. */
  | 'layout'
  /** `config.json` describes another architecture, or contradicts the tensors. */
  | 'config'
  /** The tokenizer is not this model's. */
  | 'tokenizer'
  /** The options do not fit together or do not fit the checkpoint. */
  | 'options'
  /** The target folder is taken. */
  | 'target'
  /** The disk is too full. */
  | 'space';

/** A checkpoint cannot be converted. The message says what was expected, what came, and what to do. */
export class ConvertError extends Error {
  override readonly name = 'ConvertError';

  constructor(
    readonly fault: ConvertFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
