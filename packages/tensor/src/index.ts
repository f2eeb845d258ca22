export { type ExpectedTensor, type ReceivedTensor, readTensor } from './read-tensor.js';
export { TensorError, type TensorErrorKind } from './tensor-error.js';
export { maxChunkBytes, type TensorFrameInit, tensorFrames } from './tensor-frames.js';
export {
  elementBytes,
  elementCount,
  f32Tensor,
  f32Values,
  tensorInfo,
  type WireTensor,
} from './wire-tensor.js';
