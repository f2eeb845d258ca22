export {
  type BatchingConfig,
  type BatchModel,
  type BatchOutput,
  createBatchedModel,
  type Utterance,
} from './batched-model.js';
export { configThenTensor, type TensorRequest } from './config-then-tensor.js';
export { type OpenedDevices, openDevices } from './device-runtime.js';
export { deviceStatus } from './device-status.js';
export { type ForwardConfig, forwardConfigShape, forwardList, requireForward } from './forward-addresses.js';
export { createNextStage, type NextStage, type NextStageOptions, reportsFrom } from './next-stage.js';
export { type ComputeDType, dataTypeOf, raggedBytes, splitRagged, uploadRagged } from './ragged-batch.js';
export { requireModel } from './require-model.js';
export type { RunningService } from './running-service.js';
export {
  type LoadedStage,
  type StageBlueprint,
  type StageEnvironment,
  type StageRuntime,
  serveStage,
} from './serve-stage.js';
export { reportAnswer, type StageAnswer, tensorAnswer } from './stage-answer.js';
export {
  batchingConfigShape,
  type StageConfig,
  stageConfigSchema,
  tenantWeightsFrom,
  tenantWeightsSchema,
} from './stage-config.js';
export { createStageMetrics, type StageMetrics, type StageSeconds } from './stage-metrics.js';
export { batchReport, type StageIntake, type StageReportInit } from './stage-report.js';
