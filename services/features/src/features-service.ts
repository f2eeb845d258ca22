import {
  type BatchCaller,
  type Batched,
  type BatchQueue,
  type BoundService,
  bindService,
  openStream,
  outgoing,
} from '@osum/mesh';
import { type ModelPackage, SAMPLE_RATE } from '@osum/nn';
import { DataType, FeatureExtractor, Stage, type speechEncoderDefinition } from '@osum/proto';
import {
  type BatchOutput,
  batchReport,
  configThenTensor,
  type NextStage,
  reportAnswer,
  reportsFrom,
  requireModel,
  tensorAnswer,
} from '@osum/stage';
import type { PcmUtterance } from './features-queue.js';
import { readPcm } from './read-pcm.js';

/** What the handlers need. */
export interface Features {
  readonly queue: BatchQueue<PcmUtterance, BatchOutput>;
  readonly modelPackage: ModelPackage;
  readonly instance: string;
  readonly encoders: NextStage<typeof speechEncoderDefinition>;
  /** Longest utterance that is taken. */
  readonly maxAudioSeconds: number;
}

/** The handlers of `osum.v1.FeatureExtractor`. */
export function featuresService(loaded: () => Features): BoundService {
  return bindService(FeatureExtractor, {
    async *extract(requests, context) {
      const stage = loaded();
      const { modelPackage, queue, encoders, instance, maxAudioSeconds } = stage;
      const { first: config, rest } = await openStream(requests, 'config', 'pcm');
      requireModel(config.model, modelPackage.manifest.name);
      const { forward } = config;
      if (forward !== undefined) encoders.check(forward.encoderAddress, 'config.forward.encoder_address');
      queue.check(0, context.tenant);
      const { pcm, transferSeconds } = await readPcm(rest, config.encoding, maxAudioSeconds);
      const batched = await extractUtterance(stage, pcm, context);
      const features = batched.result.tensor;
      const input = { name: 'pcm', dtype: DataType.F32, shape: [pcm.length] };
      const report = batchReport(
        { stage: Stage.FEATURES, instance, inputs: [input], transferSeconds },
        batched,
        context,
      );
      if (forward === undefined) {
        yield* tensorAnswer(features, report);
        return;
      }
      const later = await encoders.call(forward.encoderAddress, (client) =>
        reportsFrom(client.encode(configThenTensor({ forward }, features), outgoing(context))),
      );
      yield reportAnswer([report, ...later]);
    },
  });
}

/** Log-mel features of an utterance, from samples that `readPcm` or `checkedPcm` gave. */
export function extractUtterance(
  { queue }: Features,
  pcm: Float32Array,
  caller: BatchCaller,
): Promise<Batched<BatchOutput>> {
  return queue.submit({ pcm, audioSeconds: pcm.length / SAMPLE_RATE }, caller);
}
