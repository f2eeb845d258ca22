export { type QuantisedWeight, quantiseRows } from './int8-quantisation.js';
export { type NamedTensor, writeSafetensors } from './safetensors-writer.js';
export { type SyntheticOptions, writeSyntheticPackage } from './synthetic-package.js';
export { type Lora, syntheticTensor, syntheticValues } from './synthetic-tensors.js';
