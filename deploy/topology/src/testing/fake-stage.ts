import {
  bindService,
  createTelemetry,
  type MeshContext,
  type RunningServer,
  type ServerSecurity,
  startServer,
} from '@osum/mesh';
import {
  FeatureExtractor,
  LanguageDecoder,
  ModalityAdapter,
  SpeechEncoder,
  SpeechUnderstanding,
} from '@osum/proto';

/** A process-sized stand-in for any stage: real servers of the service kit, whose handlers do what a test wants. */
export interface FakeStage {
  /** `host:port` */
  readonly address: string;
  readonly server: RunningServer;
  /** Calls that reached it, by method. */
  readonly calls: readonly string[];
}

/** What a call does before and after its first message; the default is nothing. */
export interface Behaviour {
  before?(call: string, context: MeshContext, stage: FakeStage): Promise<void> | void;
  after?(call: string, context: MeshContext, stage: FakeStage): Promise<void> | void;
}

const services = [SpeechUnderstanding, FeatureExtractor, SpeechEncoder, ModalityAdapter, LanguageDecoder];

/** Starts a fake that serves every service of the mesh, each healthy. `behaviour` may change while it runs. */
export async function startFakeStage(
  behaviour: Behaviour,
  security: ServerSecurity = {},
): Promise<FakeStage> {
  const calls: string[] = [];
  async function* answering<T>(
    call: string,
    context: MeshContext,
    requests: AsyncIterable<unknown>,
    message: T,
  ) {
    calls.push(call);
    await behaviour.before?.(call, context, stage);
    yield message;
    await behaviour.after?.(call, context, stage);
    for await (const _ of requests);
    yield message;
  }
  const unary = async (call: string, context: MeshContext): Promise<Record<string, never>> => {
    calls.push(call);
    await behaviour.before?.(call, context, stage);
    return {};
  };
  const server = await startServer({
    stage: 'fake',
    listen: '127.0.0.1:0',
    telemetry: createTelemetry({ name: 'fake', logLevel: 'silent' }),
    limits: { maxMessageBytes: 2 ** 20 },
    drainGraceMs: 2_000,
    ...security,
    services: [
      bindService(SpeechUnderstanding, {
        understand: (requests, context) => answering('Understand', context, requests, {}),
        interpret: (_, context) => unary('Interpret', context),
        describe: (_, context) => unary('Describe', context),
      }),
      bindService(FeatureExtractor, {
        extract: (requests, context) => answering('Extract', context, requests, {}),
      }),
      bindService(SpeechEncoder, {
        encode: (requests, context) => answering('Encode', context, requests, {}),
      }),
      bindService(ModalityAdapter, {
        adapt: (requests, context) => answering('Adapt', context, requests, {}),
      }),
      bindService(LanguageDecoder, {
        generate: (_, context) => answering('Generate', context, noRequests(), {}),
        attach: async () => ({}),
      }),
    ],
  });
  const stage: FakeStage = { address: server.address, server, calls };
  for (const { typeName } of services) server.health.set(typeName, true);
  return stage;
}

async function* noRequests(): AsyncGenerator<never> {}
