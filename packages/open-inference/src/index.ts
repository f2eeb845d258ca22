export {
  type InputSpecification,
  type OpenInferenceModel,
  openInferenceMessageBytes,
  openInferenceService,
  type TensorSpecification,
} from './open-inference-service.js';
