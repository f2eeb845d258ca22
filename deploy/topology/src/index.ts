export { envoyConfig } from './envoy/envoy-config.js';
export { type EnvoyOptions, envoyOptionsSchema } from './envoy/envoy-options.js';
