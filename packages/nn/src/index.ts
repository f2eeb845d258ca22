export {
  adapterRowsFromEncoder,
  encoderFramesFromMel,
  MIN_SAMPLES,
  melFramesFromSamples,
  SAMPLE_RATE,
  speechPositionsFromEncoder,
  speechPositionsFromSamples,
} from './audio/lengths.js';
export {
  DecoderRunner,
  type RunnerOptions,
  type StepOptions,
  type StepReport,
} from './decode/decoder-runner.js';
export { OutOfSlotsError } from './decode/penalty-masks.js';
export {
  argmax,
  type Choice,
  constrainedChoice,
  greedyChoice,
  logProbability,
  penalised,
  Sampler,
  type SamplingOptions,
} from './decode/sampling.js';
export type { GreedyOptions, GreedyResult, SequenceStep, StepInput, StepResult } from './decode/step.js';
export { BlockPool, OutOfBlocksError } from './kv/block-pool.js';
export { KvCache, kvBytesPerBlock } from './kv/kv-cache.js';
export { BLOCK_POSITIONS, blocksForPositions, KvSequence } from './kv/kv-sequence.js';
export type { Tap } from './layers/tap.js';
export { LogMel, type LogMelOutput } from './log-mel.js';
export {
  adapterArenaBytes,
  decoderArenaBytes,
  encoderArenaBytes,
  logMelArenaBytes,
} from './memory/activations.js';
export {
  type DeviceBudget,
  type DevicePlan,
  type PlannedModel,
  planDevice,
  type SessionLoad,
  type StepReads,
  stepReadBytes,
} from './memory/device-plan.js';
export {
  type DecoderPlan,
  type MemoryPlan,
  planMemory,
  type StagePlan,
  speechPositions,
  type Workload,
  weightBytes,
} from './memory/memory-plan.js';
export { NPU_PARTS, type NpuPart, npuPart } from './memory/npu-parts.js';
export { PUBLISHED_MODEL } from './memory/published-model.js';
export { type AdapterOutput, adapterMaxRows, ModalityAdapter } from './modality-adapter.js';
export {
  type AdapterDims,
  type DecoderDims,
  type EncoderDims,
  type Manifest,
  PACKAGE_FORMAT,
  type PackageFile,
  type PromptSegment,
  parseManifest,
  type WeightKind,
} from './package/manifest.js';
export { type ModelPackage, openPackage } from './package/model-package.js';
export { PackageError, type PackageFault } from './package/package-error.js';
export { readSafetensors, type SafetensorsTable, type TensorEntry } from './package/safetensors.js';
export {
  type ModelDims,
  type Stage,
  stageTensors,
  type TensorRole,
  type TensorSpec,
} from './package/tensor-specs.js';
export { type DecoderRows, PanguDecoder } from './pangu-decoder.js';
export { adapterPositions, whisperPositions } from './position/sinusoids.js';
export { type ComputeDType, computeDType, type LoadOptions } from './weights/stage-weights.js';
export { type EncoderOutput, encoderMaxFrames, WhisperEncoder } from './whisper-encoder.js';
