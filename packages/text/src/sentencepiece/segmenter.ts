/** One piece of a segmentation: its id, and its place in the normalised text in UTF-8 bytes. */
export interface Segment {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** Cuts normalised, well-formed UTF-8 into pieces that cover it without gaps. */
export type Segmenter = (normalized: Uint8Array) => Segment[];
