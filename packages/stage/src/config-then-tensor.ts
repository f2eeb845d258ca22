import { type TensorFrameInit, tensorFrames, type WireTensor } from '@osum/mesh';

/** A request of a stage that takes a tensor: its configuration, or a frame. */
export type TensorRequest<Config> =
  | { request: { case: 'config'; value: Config } }
  | { request: { case: 'frame'; value: TensorFrameInit } };

/** The request stream that pushes a tensor to the next stage. Written as fast as the receiver reads. */
export async function* configThenTensor<Config>(
  config: Config,
  tensor: WireTensor,
): AsyncGenerator<TensorRequest<Config>, void, undefined> {
  yield { request: { case: 'config', value: config } };
  for (const value of tensorFrames(tensor)) yield { request: { case: 'frame', value } };
}
