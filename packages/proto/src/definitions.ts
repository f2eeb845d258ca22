import { ModalityAdapter } from './gen/osum/v1/adapter_pb.js';
import { LanguageDecoder } from './gen/osum/v1/decoder_pb.js';
import { SpeechEncoder } from './gen/osum/v1/encoder_pb.js';
import { FeatureExtractor } from './gen/osum/v1/features_pb.js';
import { SpeechUnderstanding } from './gen/osum/v1/understanding_pb.js';
import { serviceDefinition } from './service-definition.js';

/** nice-grpc definition of `osum.v1.FeatureExtractor`. */
export const featureExtractorDefinition = serviceDefinition(FeatureExtractor);
/** nice-grpc definition of `osum.v1.SpeechEncoder`. */
export const speechEncoderDefinition = serviceDefinition(SpeechEncoder);
/** nice-grpc definition of `osum.v1.ModalityAdapter`. */
export const modalityAdapterDefinition = serviceDefinition(ModalityAdapter);
/** nice-grpc definition of `osum.v1.LanguageDecoder`. */
export const languageDecoderDefinition = serviceDefinition(LanguageDecoder);
/** nice-grpc definition of `osum.v1.SpeechUnderstanding`. */
export const speechUnderstandingDefinition = serviceDefinition(SpeechUnderstanding);
