import { batchingConfigShape, forwardConfigShape, stageConfigSchema } from '@osum/stage';
import type { z } from 'zod';

/** Configuration of the adapter: flags, environment (OSUM_...) and file share these names. */
export const adapterConfigSchema = stageConfigSchema.extend({
  ...batchingConfigShape,
  ...forwardConfigShape,
});

/** See `adapterConfigSchema`. */
export type AdapterConfig = z.infer<typeof adapterConfigSchema>;
