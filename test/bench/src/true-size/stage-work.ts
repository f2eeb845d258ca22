import {
  adapterRowsFromEncoder,
  encoderFramesFromMel,
  type ModelDims,
  melFramesFromSamples,
  SAMPLE_RATE,
  stageTensors,
  type TensorSpec,
} from '@osum/nn';

/** Floating-point operations of the stages for one utterance of this length; a product and its sum are two. */
export function stageOperations(model: ModelDims, seconds: number): { encoder: number; adapter: number } {
  const mel = melFramesFromSamples(Math.round(seconds * SAMPLE_RATE));
  const frames = encoderFramesFromMel(mel);
  const { encoder, adapter } = model;
  const strided = adapter.strides.map((_, i) =>
    adapterRowsFromEncoder(frames, adapter.strides.slice(0, i + 1)),
  );
  const speech = strided.at(-1) ?? frames;
  const convolutions = (specs: readonly TensorSpec[], rows: readonly number[]): number =>
    specs
      .filter(({ role }) => role === 'convolution')
      .reduce((sum, { shape }, i) => sum + 2 * rows[i]! * elements(shape), 0);
  const own = { encoder: stageTensors(model, 'encoder'), adapter: stageTensors(model, 'adapter') };
  return {
    encoder:
      convolutions(own.encoder, [mel, frames]) +
      linear(own.encoder, frames) +
      attention(frames, encoder.width, encoder.layers),
    adapter:
      convolutions(own.adapter, strided) +
      linear(own.adapter, speech) +
      attention(speech, adapter.width, adapter.layers),
  };
}

/** Operations of a prompt of so many positions in the decoder, of whose last one a token is chosen. */
export function prefillOperations(model: ModelDims, positions: number): number {
  const specs = stageTensors(model, 'decoder');
  const isHead = ({ name }: TensorSpec): boolean => name === 'lm_head.weight';
  const { heads, headDim, layers } = model.decoder;
  return (
    linear(
      specs.filter((spec) => !isHead(spec)),
      positions,
    ) +
    linear(specs.filter(isHead), 1) +
    attention(positions, heads * headDim, layers) / 2 // causal
  );
}

function linear(specs: readonly TensorSpec[], rows: number): number {
  return specs
    .filter(({ role }) => role === 'linear')
    .reduce((sum, { shape }) => sum + 2 * rows * elements(shape), 0);
}

/** Scores and mixed values of full attention. */
function attention(rows: number, width: number, layers: number): number {
  return 4 * rows * rows * width * layers;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
