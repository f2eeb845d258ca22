export type { Checkpoint, CheckpointTensor } from './checkpoint/checkpoint.js';
export type { ElementType } from './checkpoint/element-type.js';
export { openCheckpoint } from './checkpoint/open-checkpoint.js';
export { convertCheckpoint } from './convert-checkpoint.js';
export { ConvertError, type ConvertFault } from './convert-error.js';
export { type ConvertOptions, type ConvertProgress, type ConvertReport, STAGES } from './convert-options.js';
export type { PromptSet } from './published-prompts.js';
