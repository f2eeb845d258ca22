import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  bindService,
  createChannels,
  createTelemetry,
  f32Tensor,
  f32Values,
  type MeshError,
  openStream,
  outgoing,
  type RunningServer,
  sleep,
  startServer,
  tensorFrames,
} from '@osum/mesh';
import {
  type AttachRequestSchema,
  DataType,
  FeatureExtractor,
  languageDecoderDefinition,
  Stage,
} from '@osum/proto';

/** Features, encoder and adapter in one: pushes the first sample of the utterance to the decoding session as its speech. */
export interface FakeFeatures {
  readonly address: string;
  readonly server: RunningServer;
  /** Samples of each call so far. */
  readonly calls: number[];
  /** Calls under way. */
  active: number;
  /** Thrown by the next calls, one each, before they attach. */
  failures: MeshError[];
  /** Wait before attaching. */
  delayMs: number;
}

/** Starts a {@link FakeFeatures}. */
export async function startFakeFeatures(listen = '127.0.0.1:0'): Promise<FakeFeatures> {
  const telemetry = createTelemetry({ name: 'features', logLevel: 'silent' });
  const channels = createChannels({ telemetry });
  const state = { calls: [] as number[], active: 0, failures: [] as MeshError[], delayMs: 0 };

  const service = bindService(FeatureExtractor, {
    async *extract(requests, context) {
      state.active += 1;
      try {
        const { first: config, rest } = await openStream(requests, 'config', 'pcm');
        let samples = 0;
        let firstSample: number | undefined;
        for await (const data of rest) {
          firstSample ??= f32Values({ name: 'pcm', dtype: DataType.F32, shape: [], data })[0];
          samples += data.byteLength / Float32Array.BYTES_PER_ELEMENT;
        }
        state.calls.push(samples);
        if (state.delayMs > 0) await sleep(state.delayMs, context.signal);
        const failure = state.failures.shift();
        if (failure) throw failure;
        const target = config.forward?.decoder;
        if (target === undefined) throw new Error('the fake only forwards');
        const client = channels.client(languageDecoderDefinition, target.address);
        const { sessionId, token } = target;
        const { report } = await client.attach(
          attachRequests(sessionId, token, firstSample ?? 0),
          outgoing(context),
        );
        const timing = { queueSeconds: 0.1, computeSeconds: 0.2, transferSeconds: 0.3 };
        const stages = [Stage.FEATURES, Stage.ENCODER, Stage.ADAPTER].map((stage) => ({ stage, timing }));
        yield { response: { case: 'report', value: { stages: report ? [...stages, report] : stages } } };
      } finally {
        state.active -= 1;
      }
    },
  });
  const server = await startServer({
    stage: 'features',
    listen,
    services: [service],
    telemetry,
    drainGraceMs: 100,
  });
  server.health.set(FeatureExtractor.typeName, true);
  return Object.assign(state, { address: server.address, server });
}

async function* attachRequests(
  sessionId: string,
  token: string,
  firstSample: number,
): AsyncGenerator<MessageInitShape<typeof AttachRequestSchema>> {
  yield { request: { case: 'attach', value: { sessionId, token } } };
  for (const value of tensorFrames(f32Tensor('speech', [1, 1], Float32Array.of(firstSample)))) {
    yield { request: { case: 'frame', value } };
  }
}
