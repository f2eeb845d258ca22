import { Arena, type DType } from '@osum/device';
import {
  adapterRowsFromEncoder,
  DFT_BINS,
  encoderFramesFromMel,
  melFramesFromSamples,
  PAD_SAMPLES,
} from '../audio/lengths.js';
import { StepInputs } from '../decode/step-inputs.js';
import { BLOCK_POSITIONS, blocksForPositions } from '../kv/kv-sequence.js';
import type { AdapterDims, DecoderDims, EncoderDims } from '../package/manifest.js';
import type { ComputeDType } from '../weights/stage-weights.js';
import { roundsStepwise } from '../whisper-encoder.js';

// Each function repeats the arena use of a model's `forward`: what is alive at once is added, of parts that follow one
// another the largest counts. Tests compare them with the arena's peak.

const bytes = (dtype: DType, ...shape: number[]): number => Arena.bytesFor(dtype, shape);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Arena bytes of `LogMel.forward` for utterances of these many samples, which the caller holds. */
export function logMelArenaBytes(samples: readonly number[], melBins: number, dtype: ComputeDType): number {
  const frames = samples.map(melFramesFromSamples);
  const rows = sum(frames);
  const padded = Math.max(...samples.map((count) => bytes('f32', count + 2 * PAD_SAMPLES)));
  const floored = Math.max(...frames.map((count) => bytes('f32', 1, 1) + bytes('f32', count, melBins)));
  const mel = bytes('f32', rows, 2 * DFT_BINS) + 3 * bytes('f32', rows, melBins) + floored;
  return bytes(dtype, rows, melBins) + bytes('f32', rows, 2 * DFT_BINS) + Math.max(padded, mel);
}

/** Arena bytes of `WhisperEncoder.forward` for utterances of these many mel frames, without the features. */
export function encoderArenaBytes(
  dims: EncoderDims,
  melBins: number,
  compute: ComputeDType,
  melFrames: readonly number[],
): number {
  const { width, heads, ffn, layers } = dims;
  const stepwise = roundsStepwise(dims, compute);
  const frames = melFrames.map(encoderFramesFromMel);
  const rows = sum(frames);
  const stem = melFrames.map(
    (count, i) =>
      bytes(compute, count + 2, melBins) +
      bytes(compute, count, width) +
      bytes(compute, count + 2, width) +
      Math.max(
        (stepwise ? 3 : 2) * bytes(compute, frames[i]!, width),
        stepwise ? bytes(compute, count, width) : 0,
      ),
  );
  const block = layers === 0 ? 0 : blockBytes(width, heads, ffn, compute, frames, stepwise ? 3 : 2);
  return 2 * bytes(compute, rows, width) + Math.max(...stem, block);
}

/** Arena bytes of `ModalityAdapter.forward` for utterances of these many encoder frames, without the hidden states. */
export function adapterArenaBytes(
  { width, heads, ffn, layers, strides, outWidth }: AdapterDims,
  inputWidth: number,
  compute: ComputeDType,
  frames: readonly number[],
): number {
  const speechRows = frames.map((count) => adapterRowsFromEncoder(count, strides));
  const rows = sum(speechRows);
  const downsampling = frames.map((count) => {
    let length = count;
    let total = bytes(compute, count + 2, inputWidth);
    strides.forEach((stride, i) => {
      length = Math.ceil(length / stride);
      total += bytes(compute, length, width);
      if (i < strides.length - 1) total += bytes(compute, length + 2, width);
    });
    return total;
  });
  const block = layers === 0 ? 0 : blockBytes(width, heads, ffn, compute, speechRows, 1);
  const projection = bytes(compute, rows, width) + bytes(compute, rows, outWidth);
  const transformer = 2 * bytes(compute, rows, width) + Math.max(block, projection);
  const embeddings = bytes(compute, rows + 2 * frames.length, outWidth);
  return embeddings + bytes(compute, rows, width) + Math.max(...downsampling, transformer);
}

/**
 * Arena bytes of a decoder step: at most `rows` rows of at most `sequences` sequences with a logit row each, greedy
 * choice included. In fp32, attention is composed and every sequence is taken to be of `maxPositions`.
 */
export function decoderArenaBytes(
  dims: DecoderDims,
  compute: ComputeDType,
  rows: number,
  sequences: number,
): number {
  const { width, heads, kvHeads, headDim, ffn, vocab, maxPositions } = dims;
  const [queryWidth, kvWidth] = [heads * headDim, kvHeads * headDim];
  const maxBlocks = blocksForPositions(maxPositions);
  const inputs = bytes('u8', StepInputs.bytesFor({ rows, sequences, maxBlocks, outputs: sequences }));
  const rstd = bytes('f32', rows, 1);
  const attend =
    3 * bytes(compute, rows, kvWidth) +
    3 * bytes(compute, rows, queryWidth) +
    Math.max(
      compute === 'f32' ? pagedScratch(dims, rows, maxBlocks * BLOCK_POSITIONS) : 0,
      bytes(compute, rows, width) + rstd,
    );
  const feedForward = 3 * bytes(compute, rows, ffn) + bytes(compute, rows, width) + rstd;
  const head = bytes(compute, sequences, width) + bytes(compute, sequences, vocab);
  const forward = 2 * bytes(compute, rows, width) + rstd + Math.max(attend, feedForward, head);
  const greedy =
    bytes('i64', sequences) +
    bytes('f32', sequences, 1) +
    2 * bytes('bool', sequences, vocab) +
    3 * bytes('f32', sequences, vocab);
  return inputs + bytes(compute, rows, width) + bytes('f32', sequences, vocab) + Math.max(forward, greedy);
}

/** The larger half of a WeNet block: attention, or the feed-forward layer with so many tensors of its inner width. */
function blockBytes(
  width: number,
  heads: number,
  ffn: number,
  compute: ComputeDType,
  lengths: readonly number[],
  innerTensors: number,
): number {
  const rows = sum(lengths);
  const headDim = width / heads;
  const composed =
    compute === 'f32'
      ? Math.max(...lengths.map((length) => composedScratch(heads, heads, headDim, length, length)))
      : 0;
  const attention = 5 * bytes(compute, rows, width) + composed;
  const feedForward = bytes(compute, rows, width) + innerTensors * bytes(compute, rows, ffn);
  return Math.max(attention, feedForward);
}

/** Scratch of `composedAttention`: permuted query, key, value; scores and probabilities; mixed values. */
function composedScratch(
  heads: number,
  kvHeads: number,
  headDim: number,
  queries: number,
  keys: number,
): number {
  const query = bytes('f32', queries, heads, headDim);
  return 2 * query + 2 * bytes('f32', keys, kvHeads, headDim) + 2 * bytes('f32', heads, queries, keys);
}

function pagedScratch({ heads, kvHeads, headDim }: DecoderDims, rows: number, positions: number): number {
  const gathered = 2 * bytes('f32', positions, kvHeads * headDim);
  return gathered + bytes('f32', rows, positions) + composedScratch(heads, kvHeads, headDim, rows, positions);
}
