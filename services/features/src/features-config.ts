import { addressSchema } from '@osum/mesh';
import { batchingConfigShape, forwardConfigShape, stageConfigSchema } from '@osum/stage';
import { z } from 'zod';

/** Configuration of the feature extractor: flags, environment (OSUM_...) and file share these names. */
export const featuresConfigSchema = stageConfigSchema.extend({
  ...batchingConfigShape,
  encoders: z
    .array(addressSchema)
    .default([])
    .describe('host:port of encoders for calls that are forwarded without naming one'),
  ...forwardConfigShape,
  maxAudioSeconds: z
    .number()
    .positive()
    .optional()
    .describe('longest utterance that is taken; default: what the model package allows'),
});

/** See `featuresConfigSchema`. */
export type FeaturesConfig = z.infer<typeof featuresConfigSchema>;
