export type {
  DescribeResponse,
  Plan,
  Result,
  UnderstandSummary,
  UtteranceResult,
} from '@osum/proto';
export { type AudioSource, audioMessageBytes, pcmBytes } from './audio-source.js';
export * from './osum-client.js';
export { OsumError } from './osum-error.js';
export { defaultRetry, type RetryOptions } from './retry-policy.js';
