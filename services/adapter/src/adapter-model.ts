import type { OpenInferenceModel } from '@osum/open-inference';
import { DataType } from '@osum/proto';
import { dataTypeOf } from '@osum/stage';
import { type Adapter, adaptUtterance } from './adapter-service.js';

/** The adapter as a model of the Open Inference Protocol: `hidden [-1, encoder width]` to `speech [-1, decoder width]`. */
export function adapterModel(loaded: Adapter): OpenInferenceModel {
  const { name, version, encoder, adapter, weights } = loaded.modelPackage.manifest;
  return {
    name: 'adapter',
    version,
    properties: { package: name },
    inputs: [{ name: 'hidden', dtype: DataType.F32, alsoTakes: [DataType.BF16], shape: [-1, encoder.width] }],
    outputs: [
      {
        name: 'speech',
        dtype: dataTypeOf(weights === 'fp32' ? 'f32' : 'bf16'),
        shape: [-1, adapter.outWidth],
      },
    ],
    async infer(inputs, context) {
      const { result } = await adaptUtterance(loaded, inputs[0]!, context);
      return [result.tensor];
    },
  };
}
