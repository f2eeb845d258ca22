import type { OpenInferenceModel } from '@osum/open-inference';
import { DataType } from '@osum/proto';
import { dataTypeOf } from '@osum/stage';
import { extractUtterance, type Features } from './features-service.js';
import { checkedPcm } from './read-pcm.js';

/** The feature extractor as a model of the Open Inference Protocol: `pcm [-1]` at 16 kHz to `features [-1, mel bins]`. */
export function featuresModel(loaded: Features): OpenInferenceModel {
  const { name, version, audio, weights } = loaded.modelPackage.manifest;
  return {
    name: 'features',
    version,
    properties: { package: name },
    inputs: [{ name: 'pcm', dtype: DataType.F32, shape: [-1] }],
    outputs: [
      {
        name: 'features',
        dtype: dataTypeOf(weights === 'fp32' ? 'f32' : 'bf16'),
        shape: [-1, audio.melBins],
      },
    ],
    async infer(inputs, context) {
      const pcm = checkedPcm(inputs[0]!.data, loaded.maxAudioSeconds);
      const { result } = await extractUtterance(loaded, pcm, context);
      return [result.tensor];
    },
  };
}
