export { AudioError, type AudioErrorCode, type AudioErrorDetails } from './audio-error.js';
export { type Collected, collectUpTo } from './collect.js';
export { type AudioFormat, type DecodeOptions, decodeAudio, MINIMUM_SAMPLES } from './decode-audio.js';
export { createResampler, type Resampler, resample } from './resampler.js';
export { TARGET_SAMPLE_RATE_HZ } from './sample-rate.js';
export { AudioThread, startAudioThread } from './thread/audio-thread.js';
export type { Cut } from './voice/speech-segmenter.js';
export { type SplitOptions, splitUtterances, type UtteranceEvent } from './voice/split-utterances.js';
