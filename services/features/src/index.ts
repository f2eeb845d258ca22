export { type FeaturesConfig, featuresConfigSchema } from './features-config.js';
export { serveFeatures } from './main.js';
