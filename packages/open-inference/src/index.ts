export {
  type OpenInferenceModel,
  openInferenceService,
  type TensorSpecification,
} from './open-inference-service.js';
