export { type AdapterConfig, adapterConfigSchema } from './adapter-config.js';
export { serveAdapter } from './main.js';
