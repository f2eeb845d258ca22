import type { DescService } from '@bufbuild/protobuf';
import {
  FeatureExtractor,
  LanguageDecoder,
  ModalityAdapter,
  SpeechEncoder,
  SpeechUnderstanding,
} from '@osum/proto';

/** A kind of service of the mesh, as `osum serve` names it. */
export type StageName = 'router' | 'features' | 'encoder' | 'adapter' | 'decoder';

/** What the topology knows of a stage. */
export interface StageFacts {
  /** The service that callers call and health is asked for. */
  readonly service: DescService;
  /** Where its instances listen when each has a host of its own. */
  readonly port: number;
  /** Methods that callers reach at the instance that they were told, never through a balancer. */
  readonly attached: readonly string[];
  /** Keys of its configuration that name the stages it calls. */
  readonly calls: Readonly<Record<string, StageName>>;
  /** The stage whose instances it calls at the address that came with a call. */
  readonly forwardsTo?: StageName;
}

/** The stages, from the door to the decoder. */
export const stages: Readonly<Record<StageName, StageFacts>> = {
  router: {
    service: SpeechUnderstanding,
    port: 7000,
    attached: [],
    calls: { features: 'features', decoders: 'decoder' },
  },
  features: { service: FeatureExtractor, port: 7001, attached: [], calls: { encoders: 'encoder' } },
  encoder: { service: SpeechEncoder, port: 7002, attached: [], calls: { adapters: 'adapter' } },
  adapter: { service: ModalityAdapter, port: 7003, attached: [], calls: {}, forwardsTo: 'decoder' },
  // The speech goes to the decoder that holds the session; its address comes with the call.
  decoder: { service: LanguageDecoder, port: 7004, attached: ['Attach'], calls: {} },
};

/** Names of the stages, from the door to the decoder. */
export const stageNames = Object.keys(stages) as readonly StageName[];
