import { Arena, CAUSAL_MASK_BYTES } from '@osum/device';
import {
  adapterRowsFromEncoder,
  encoderFramesFromMel,
  melFramesFromSamples,
  SAMPLE_RATE,
} from '../audio/lengths.js';
import { PenaltyMasks } from '../decode/penalty-masks.js';
import { KvCache, kvBytesPerBlock } from '../kv/kv-cache.js';
import { BLOCK_POSITIONS, blocksForPositions } from '../kv/kv-sequence.js';
import { adapterMaxRows } from '../modality-adapter.js';
import type { Manifest, WeightKind } from '../package/manifest.js';
import { type ModelDims, type Stage, stageTensors, storedBytes } from '../package/tensor-specs.js';
import { type ComputeDType, computeDType, derivedBytes } from '../weights/stage-weights.js';
import { encoderMaxFrames } from '../whisper-encoder.js';
import { adapterArenaBytes, decoderArenaBytes, encoderArenaBytes, logMelArenaBytes } from './activations.js';

/** The load that memory is planned for. */
export interface Workload {
  /** Lengths of the utterances of one batch in the stages before the decoder, in seconds. */
  readonly batchSeconds: readonly number[];
  /** Generations alive at once in the decoder. */
  readonly sequences: number;
  /** Positions of each: prompt, speech and generated tokens. */
  readonly positionsPerSequence: number;
  /** The most rows of one decoder step. */
  readonly maxRows: number;
}

/** Bytes of one stage on its device. */
export interface StagePlan {
  /** The mapped file. */
  readonly weightBytes: number;
  /** Tables, repacked convolutions and other data made at load. */
  readonly derivedBytes: number;
  /** Working memory of one batch or step. */
  readonly activationBytes: number;
  readonly totalBytes: number;
}

/** The decoder's also holds the KV cache and the penalty masks. */
export interface DecoderPlan extends StagePlan {
  readonly kvBlocks: number;
  readonly kvBytesPerBlock: number;
  readonly kvBytesPerPosition: number;
  readonly kvBytes: number;
  readonly maskBytes: number;
}

/** Bytes of all stages for one instance each. */
export interface MemoryPlan {
  readonly features: StagePlan;
  readonly encoder: StagePlan;
  readonly adapter: StagePlan;
  readonly decoder: DecoderPlan;
  readonly totalBytes: number;
}

/** What a package needs on devices under a load. Weights may be planned in another kind than the package's. */
export function planMemory(
  manifest: ModelDims & Pick<Manifest, 'weights'>,
  load: Workload,
  kind: WeightKind = manifest.weights,
): MemoryPlan {
  const compute = computeDType(kind);
  const { audio, encoder, adapter, decoder } = manifest;
  const samples = load.batchSeconds.map((seconds) => Math.round(seconds * SAMPLE_RATE));
  const melFrames = samples.map(melFramesFromSamples);
  const frames = melFrames.map(encoderFramesFromMel);
  const table = (rows: number, width: number): number => Arena.bytesFor(compute, [rows, width]);
  const melWeights = Arena.bytesFor('f32', [402, 400]) + Arena.bytesFor('f32', [audio.melBins, 402]);
  const plans = {
    features: stagePlan(0, melWeights, logMelArenaBytes(samples, audio.melBins, compute)),
    encoder: stagePlan(
      weightBytes(manifest, 'encoder', kind),
      derived(manifest, 'encoder', kind) + table(encoderMaxFrames(manifest), encoder.width),
      encoderArenaBytes(encoder, audio.melBins, compute, melFrames),
    ),
    adapter: stagePlan(
      weightBytes(manifest, 'adapter', kind),
      derived(manifest, 'adapter', kind) + table(adapterMaxRows(manifest), adapter.width),
      adapterArenaBytes(adapter, encoder.width, compute, frames),
    ),
    decoder: decoderPlan(manifest, load, kind, compute, table(decoder.maxPositions, decoder.headDim)),
  };
  const totalBytes = Object.values(plans).reduce((total, plan) => total + plan.totalBytes, 0);
  return { ...plans, totalBytes };
}

/** Speech rows of an utterance in the decoder, with bos and eos, from its length in seconds. */
export function speechPositions(manifest: Pick<Manifest, 'adapter'>, seconds: number): number {
  const frames = encoderFramesFromMel(melFramesFromSamples(Math.round(seconds * SAMPLE_RATE)));
  return adapterRowsFromEncoder(frames, manifest.adapter.strides) + 2;
}

/** Bytes of a stage's tensors as a package of this kind stores them, without the file's header. */
export function weightBytes(manifest: ModelDims, stage: Stage, kind: WeightKind): number {
  return stageTensors(manifest, stage).reduce((total, spec) => total + storedBytes(spec, kind), 0);
}

function decoderPlan(
  manifest: ModelDims,
  load: Workload,
  kind: WeightKind,
  compute: ComputeDType,
  ropeBytes: number,
): DecoderPlan {
  const { decoder } = manifest;
  const { sequences, positionsPerSequence, maxRows } = load;
  const perBlock = kvBytesPerBlock(decoder, compute);
  const kvBlocks = sequences * blocksForPositions(positionsPerSequence);
  const kvBytes = KvCache.bytesFor(decoder, compute, kvBlocks);
  const maskBytes = PenaltyMasks.bytesFor(sequences, decoder.vocab);
  const plan = stagePlan(
    weightBytes(manifest, 'decoder', kind),
    derived(manifest, 'decoder', kind) + ropeBytes + CAUSAL_MASK_BYTES,
    decoderArenaBytes(decoder, compute, maxRows, sequences),
  );
  return {
    ...plan,
    kvBlocks,
    kvBytesPerBlock: perBlock,
    kvBytesPerPosition: perBlock / BLOCK_POSITIONS,
    kvBytes,
    maskBytes,
    totalBytes: plan.totalBytes + kvBytes + maskBytes,
  };
}

function derived(manifest: ModelDims, stage: Stage, kind: WeightKind): number {
  return derivedBytes(stageTensors(manifest, stage), computeDType(kind), kind === 'int8');
}

function stagePlan(weights: number, derivedAtLoad: number, activations: number): StagePlan {
  return {
    weightBytes: weights,
    derivedBytes: derivedAtLoad,
    activationBytes: activations,
    totalBytes: weights + derivedAtLoad + activations,
  };
}
