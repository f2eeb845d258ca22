/** What a key of a checkpoint is to a model package. Names are those of the package's tensors. */
export type KeyUse =
  /** The tensor of this name. */
  | { readonly kind: 'tensor'; readonly name: string }
  /** A factor of the low-rank change of the weight of this name. */
  | { readonly kind: 'lora'; readonly name: string; readonly factor: 'A' | 'B' }
  /** Another key for the tensor of this name: it must hold the same. */
  | { readonly kind: 'alias'; readonly name: string }
  /** A table of positions, which is computed anew at load: it must hold what is computed. */
  | { readonly kind: 'positions'; readonly stage: 'encoder' | 'adapter' }
  /** Of no use for text output. */
  | { readonly kind: 'unused'; readonly why: string };

/** How the keys of a kind of checkpoint are read; undefined for a key that it does not have. */
export type Naming = (key: string) => KeyUse | undefined;
