export {
  AudioEncoding,
  type DescribeResponse,
  type Plan,
  type Result,
  type StageReport,
  type UnderstandSummary,
  type UtteranceResult,
} from '@osum/proto';
export { type AudioSource, audioMessageBytes, pcmBytes } from './audio-source.js';
export type { CallBounds } from './call-maker.js';
export type { ConnectionOptions } from './connection.js';
export type { CredentialOptions } from './credentials.js';
export type { FieldViolation } from './error-details.js';
export * from './osum-client.js';
export { OsumError } from './osum-error.js';
export { defaultRetry, type RetryOptions } from './retry-policy.js';
export { createStageClient, type FloatTensor, type StageAnswer, type StageClient } from './stage-client.js';
