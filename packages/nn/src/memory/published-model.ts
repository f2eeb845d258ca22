import type { PlannedModel } from './device-plan.js';

/**
 * OSUM-Pangu as published (reference: osum-pangu-model.md, sections 2 to 4 and 6), as `osum convert` packs it by default:
 * 0.31 G parameters in the encoder, 0.05 G in the adapter, 8.03 G in the decoder.
 */
export const PUBLISHED_MODEL: PlannedModel = {
  name: 'osum-pangu',
  weights: 'bf16',
  audio: { sampleRate: 16_000, melBins: 80, maxSeconds: 40 },
  encoder: { layers: 24, width: 1024, heads: 16, ffn: 4096, maxFrames: 2000, gelu: 'stepwise' },
  adapter: { layers: 4, width: 1024, heads: 4, ffn: 2560, strides: [1, 2, 2], outWidth: 4096 },
  decoder: {
    layers: 34,
    width: 4096,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    ffn: 12_800,
    vocab: 153_376,
    ropeTheta: 16_000_000,
    ropeRounding: 'bf16',
    rmsEps: 1e-5,
    maxPositions: 32_768,
  },
  generation: { maxNewTokens: 400, repetitionPenalty: 1.05 },
};
