import type { TensorSpec } from '@osum/nn';
import type { CheckpointTensor } from '../checkpoint/checkpoint.js';

/** A low-rank change of a weight: W + scale * B A. */
export interface LowRankChange {
  /** [rank, inputs] */
  readonly a: CheckpointTensor;
  /** [outputs, rank] */
  readonly b: CheckpointTensor;
  readonly scale: number;
}

/** Where a tensor of the package comes from. */
export interface TensorSource {
  readonly spec: TensorSpec;
  /** Null for zeros: the bias of a model that has none there. */
  readonly tensor: CheckpointTensor | null;
  /** The first row that is taken. */
  readonly firstRow: number;
  readonly change: LowRankChange | null;
}
