export { type DecoderConfig, decoderConfigSchema } from './decoder-config.js';
export type { DecoderStats } from './decoder-core.js';
export { type RunningDecoder, serveDecoder } from './main.js';
