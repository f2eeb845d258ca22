import { listenConfigShape, serviceConfigShape } from '@osum/mesh';
import { z } from 'zod';

/** What every stage that computes is configured by. Each stage extends it. */
export const stageConfigSchema = z.object({
  package: z.string().min(1).describe('folder of the model package'),
  ...listenConfigShape,
  device: z
    .enum(['auto', 'npu', 'host'])
    .default('auto')
    .describe('where to compute: auto takes NPUs when CANN is installed and a device answers, else the CPU'),
  ...serviceConfigShape,
});

/** See `stageConfigSchema`. */
export type StageConfig = z.infer<typeof stageConfigSchema>;

/** Shares of tenants, such as `['acme=2', 'guests=0.5']`. */
export const tenantWeightsSchema = z
  .array(z.string().regex(/^[^=]+=\d+(\.\d+)?$/, 'expected tenant=weight'))
  .default([])
  .describe('shares of tenants as tenant=weight; tenants not named have 1');

/** The shares by tenant. */
export function tenantWeightsFrom(entries: z.infer<typeof tenantWeightsSchema>): Map<string, number> {
  return new Map(
    entries.map((entry) => {
      const equals = entry.lastIndexOf('=');
      return [entry.slice(0, equals), Number(entry.slice(equals + 1))];
    }),
  );
}

/** How a stage batches utterances; costs are seconds of audio. */
export const batchingConfigShape = {
  maxBatchAudioSeconds: z
    .number()
    .positive()
    .default(60)
    .describe('seconds of audio after which a batch closes'),
  maxBatchUtterances: z
    .number()
    .int()
    .positive()
    .default(32)
    .describe('utterances after which a batch closes'),
  maxBatchWaitMs: z
    .number()
    .nonnegative()
    .default(2)
    .describe('how long an utterance waits for company while a device is free'),
  maxQueueAudioSeconds: z
    .number()
    .positive()
    .default(600)
    .describe('seconds of audio that may wait; more is refused with RESOURCE_EXHAUSTED'),
  maxQueueUtterances: z.number().int().positive().default(256).describe('utterances that may wait'),
  tenantWeights: tenantWeightsSchema,
};
