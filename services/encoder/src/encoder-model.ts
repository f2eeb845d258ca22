import type { OpenInferenceModel } from '@osum/open-inference';
import { DataType } from '@osum/proto';
import { dataTypeOf } from '@osum/stage';
import { type Encoder, encodeUtterance } from './encoder-service.js';

/** The encoder as a model of the Open Inference Protocol: `features [-1, mel bins]` to `hidden [-1, width]`. */
export function encoderModel(loaded: Encoder): OpenInferenceModel {
  const { name, version, audio, encoder, weights } = loaded.modelPackage.manifest;
  return {
    name: 'encoder',
    version,
    properties: { package: name },
    inputs: [
      { name: 'features', dtype: DataType.F32, alsoTakes: [DataType.BF16], shape: [-1, audio.melBins] },
    ],
    outputs: [
      { name: 'hidden', dtype: dataTypeOf(weights === 'fp32' ? 'f32' : 'bf16'), shape: [-1, encoder.width] },
    ],
    async infer(inputs, context) {
      const { result } = await encodeUtterance(loaded, inputs[0]!, context);
      return [result.tensor];
    },
  };
}
