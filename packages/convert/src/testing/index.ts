export { writeGeneratedPackage } from './generated-package.js';
export { DIMS, LORA, publishedTensors, writeLanguageModel } from './published-checkpoint.js';
export { type TestTensor, type TorchFileOptions, testTensor, writeTorchFile } from './torch-file.js';
export { createWorkbench, type Workbench } from './workbench.js';
