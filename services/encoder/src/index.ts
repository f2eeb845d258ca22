export { type EncoderConfig, encoderConfigSchema } from './encoder-config.js';
export { serveEncoder } from './main.js';
