import { blocksForPositions } from '@osum/nn';
import { stageConfigSchema, tenantWeightsSchema } from '@osum/stage';
import { z } from 'zod';
import type { DecoderSizes } from './nn-engine.js';

const count = z.number().int().positive();

/** Configuration of the decoder: flags, environment (OSUM_...) and file share these names. */
export const decoderConfigSchema = stageConfigSchema.extend({
  maxSequences: count.default(16).describe('decoding passes that run at once on a device'),
  kvBlocks: count
    .optional()
    .describe('KV cache per device in blocks of 128 positions; default: 1024 positions for each sequence'),
  stepRows: count.default(256).describe('input rows of one step, prompt chunks and decoding passes together'),
  quantumRows: count.default(64).describe("rows of prompt that a tenant gets before the next tenant's turn"),
  maxWaiting: z
    .number()
    .int()
    .nonnegative()
    .default(64)
    .describe('sessions that may wait for KV blocks; more are refused with RESOURCE_EXHAUSTED'),
  attachTimeoutMs: count.default(30_000).describe('how long an admitted session waits for its speech'),
  minSharedRows: count
    .default(16)
    .describe('stretches of prompt shorter than this are computed by each pass again instead of shared'),
  maxPrefixes: count.default(8).describe('system texts kept in the KV cache'),
  maxInstructionBytes: count
    .default(8192)
    .describe('longest instruction of a pass; more is refused with INVALID_ARGUMENT'),
  tenantWeights: tenantWeightsSchema,
});

/** See `decoderConfigSchema`. */
export type DecoderConfig = z.infer<typeof decoderConfigSchema>;

/** Positions that a sequence may have on average before the default KV cache is full. */
const POSITIONS_PER_SEQUENCE = 1024;

/** Sizes of the cache and the steps of one device, for a model of `maxPositions` positions. */
export function decoderSizes(config: DecoderConfig, maxPositions: number): DecoderSizes {
  const { maxSequences, stepRows } = config;
  const positions = Math.min(maxPositions, POSITIONS_PER_SEQUENCE);
  return {
    maxSequences,
    maxRows: stepRows,
    kvBlocks: config.kvBlocks ?? maxSequences * blocksForPositions(positions),
  };
}
