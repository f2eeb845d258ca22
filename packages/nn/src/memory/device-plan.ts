import { kvBytesPerBlock } from '../kv/kv-cache.js';
import { BLOCK_POSITIONS, blocksForPositions } from '../kv/kv-sequence.js';
import type { Manifest, WeightKind } from '../package/manifest.js';
import { type ModelDims, stageTensors, storedBytes } from '../package/tensor-specs.js';
import { computeDType } from '../weights/stage-weights.js';
import { type MemoryPlan, planMemory, speechPositions } from './memory-plan.js';

/** The part of `model.json` that plans are made from; no other file of a package is needed. */
export type PlannedModel = ModelDims & Pick<Manifest, 'name' | 'weights' | 'generation'>;

/** What a device offers. */
export interface DeviceBudget {
  /** Its memory in bytes. */
  readonly memoryBytes: number;
  /** Bytes left to the runtime, operator workspaces and fragmentation. */
  readonly reserveBytes: number;
  /** Memory bandwidth in bytes a second; `null` when unknown. */
  readonly bytesPerSecond: number | null;
}

/** What sessions are like, and how services batch. */
export interface SessionLoad {
  /** Length of an utterance in seconds. */
  readonly audioSeconds: number;
  /** Positions of the text around the speech. */
  readonly promptPositions: number;
  /** Seconds of audio in a batch of the stages before the decoder. */
  readonly batchSeconds: number;
  /** Input rows of a decoder step, prompts and generations together. */
  readonly stepRows: number;
  /** What shares the device: every stage, or the decoder alone. */
  readonly stages: 'mesh' | 'decoder';
}

/** Reads of one decode step, in which each of a number of sequences gets one token. */
export interface StepReads {
  /** Weights, and keys and values of all sequences at their full length. */
  readonly bytes: number;
  /** Seconds that reading them takes at the device's bandwidth: no step is faster. `null` when that is unknown. */
  readonly seconds: number | null;
  /** Tokens a second of all sequences together, at most. */
  readonly tokensPerSecond: number | null;
}

/** What fits on one device. */
export interface DevicePlan {
  readonly kind: WeightKind;
  /** Prompt, speech and every token that may be generated. */
  readonly positionsPerSession: number;
  readonly blocksPerSession: number;
  /** Sessions that fit, all of them decoded in one batch: `--max-sequences`. 0 when the model does not fit. */
  readonly sessions: number;
  /** KV blocks beside all else with that many sessions: `--kv-blocks`. */
  readonly kvBlocks: number;
  /** Memory of all stages with that many sessions; with one when not even that fits. */
  readonly memory: MemoryPlan;
  /** Bytes that are missing for one session; 0 when one fits. */
  readonly missingBytes: number;
  readonly single: StepReads;
  /** With every session that fits; as `single` when none does. */
  readonly full: StepReads;
}

/**
 * What fits on a device beside the weights: `bytes(S) <= memory - reserve`, where `bytes` is `planMemory`'s total for S
 * sessions of `blocksForPositions(prompt + speech + new tokens)` KV blocks each. System texts that sessions share are
 * counted for each of them. Throws a `RangeError` when a session is longer than the model takes.
 */
export function planDevice(
  model: PlannedModel,
  budget: DeviceBudget,
  load: SessionLoad,
  kind: WeightKind = model.weights,
): DevicePlan {
  const positions = positionsPerSession(model, load);
  const blocksPerSession = blocksForPositions(positions);
  const usableBytes = budget.memoryBytes - budget.reserveBytes;
  const memoryFor = (sessions: number): MemoryPlan =>
    planMemory(
      model,
      {
        batchSeconds: batchOf(load),
        sequences: sessions,
        positionsPerSequence: positions,
        maxRows: Math.max(load.stepRows, sessions),
      },
      kind,
    );
  const bytesFor = (sessions: number): number => totalOf(memoryFor(sessions), load.stages);
  const perBlock = memoryFor(1).decoder.kvBytesPerBlock;
  const most = Math.floor(Math.max(0, usableBytes) / (blocksPerSession * perBlock));
  const sessions = largestThatFits(most, (count) => bytesFor(count) <= usableBytes);
  const memory = memoryFor(Math.max(1, sessions));
  const spareBytes = usableBytes - totalOf(memory, load.stages);
  return {
    kind,
    positionsPerSession: positions,
    blocksPerSession,
    sessions,
    kvBlocks: sessions === 0 ? 0 : memory.decoder.kvBlocks + Math.floor(spareBytes / perBlock),
    memory,
    missingBytes: Math.max(0, -spareBytes),
    single: stepReads(model, kind, positions, 1, budget.bytesPerSecond),
    full: stepReads(model, kind, positions, Math.max(1, sessions), budget.bytesPerSecond),
  };
}

/** Positions that a session may come to have in the KV cache. Throws a `RangeError` when the model does not take them. */
function positionsPerSession(model: PlannedModel, load: SessionLoad): number {
  const { audioSeconds, promptPositions } = load;
  if (audioSeconds > model.audio.maxSeconds) {
    throw new RangeError(
      `utterances of ${audioSeconds} s exceed the package's ${model.audio.maxSeconds} s; plan for shorter ones`,
    );
  }
  const speech = speechPositions(model, audioSeconds);
  const positions = promptPositions + speech + model.generation.maxNewTokens;
  const { maxPositions } = model.decoder;
  if (positions <= maxPositions) return positions;
  throw new RangeError(
    `a session of ${promptPositions} + ${speech} + ${model.generation.maxNewTokens} positions (prompt, speech, new tokens) exceeds the package's ${maxPositions}; plan for a shorter prompt`,
  );
}

/** A batch of utterances of one length; at least one. */
function batchOf({ audioSeconds, batchSeconds }: SessionLoad): number[] {
  return Array<number>(Math.max(1, Math.floor(batchSeconds / audioSeconds))).fill(audioSeconds);
}

function totalOf(memory: MemoryPlan, stages: SessionLoad['stages']): number {
  return stages === 'decoder' ? memory.decoder.totalBytes : memory.totalBytes;
}

/** The largest of 0 .. most that fits, where whatever is smaller than one that fits does so too. */
function largestThatFits(most: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function stepReads(
  model: PlannedModel,
  kind: WeightKind,
  positions: number,
  sequences: number,
  bytesPerSecond: number | null,
): StepReads {
  const bytes = stepReadBytes(model, kind, sequences, positions);
  const seconds = bytesPerSecond === null ? null : bytes / bytesPerSecond;
  return { bytes, seconds, tokensPerSecond: seconds === null ? null : sequences / seconds };
}

/**
 * Bytes that a decode step reads: every weight of the decoder but the input embedding, of which it reads a row a token,
 * and the keys and values of so many sequences of so many positions.
 */
export function stepReadBytes(
  model: ModelDims,
  kind: WeightKind,
  sequences: number,
  positions: number,
): number {
  const weights = stageTensors(model, 'decoder')
    .filter(({ role }) => role !== 'embedding')
    .reduce((sum, spec) => sum + storedBytes(spec, kind), 0);
  const perPosition = kvBytesPerBlock(model.decoder, computeDType(kind)) / BLOCK_POSITIONS;
  return weights + sequences * positions * perPosition;
}
