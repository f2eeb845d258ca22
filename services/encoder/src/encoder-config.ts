import { addressSchema } from '@osum/mesh';
import { batchingConfigShape, forwardConfigShape, stageConfigSchema } from '@osum/stage';
import { z } from 'zod';

/** Configuration of the encoder: flags, environment (OSUM_...) and file share these names. */
export const encoderConfigSchema = stageConfigSchema.extend({
  ...batchingConfigShape,
  adapters: z
    .array(addressSchema)
    .default([])
    .describe('host:port of adapters for calls that are forwarded without naming one'),
  ...forwardConfigShape,
});

/** See `encoderConfigSchema`. */
export type EncoderConfig = z.infer<typeof encoderConfigSchema>;
