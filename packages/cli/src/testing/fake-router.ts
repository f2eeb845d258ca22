import { bindService, createTelemetry, MeshError, type RunningServer, startServer } from '@osum/mesh';
import { PlanSource, SpeechUnderstanding } from '@osum/proto';

/** A router that answers without a model: the transcript is the number of bytes that came. */
export interface FakeRouter {
  readonly address: string;
  /** Understand calls that came. */
  asked(): number;
  close(): Promise<void>;
}

/** Instruction or tags that the fake refuses. */
export const refusedWish = '<chat>';

/** Serves the fake on a free port. `delayMs` is how long each answer takes. */
export async function startFakeRouter({ delayMs = 0 } = {}): Promise<FakeRouter> {
  let asked = 0;
  const service = bindService(SpeechUnderstanding, {
    async *understand(requests) {
      asked += 1;
      let bytes = 0;
      let tags = '';
      for await (const { request } of requests) {
        if (request.case === 'config') tags = request.value.wish.value ?? '';
        else if (request.case === 'audio') bytes += request.value.length;
      }
      if (tags === refusedWish) throw new MeshError('unsupportedTask', 'The package can do <asr>.');
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      yield { response: { case: 'plan', value: { tags, score: 1, source: PlanSource.TAGS } } };
      const transcript = { text: `${bytes} bytes`, confidence: 0.5 };
      yield {
        response: {
          case: 'result',
          value: { utterance: 0, startSeconds: 0, endSeconds: 1, result: { tags, transcript } },
        },
      };
      yield { response: { case: 'summary', value: { audioSeconds: 1, utterances: 1, totalSeconds: 0.1 } } };
    },
    async interpret({ instruction }) {
      if (instruction === '') throw new MeshError('badRequest', 'instruction: expected some words, got none');
      return { plan: { tags: '<asr>', score: instruction.length / 100, source: PlanSource.INSTRUCTION } };
    },
    async describe() {
      return {
        model: 'fake',
        version: '1',
        tasks: [
          { tag: '<asr>', supported: true },
          { tag: '<gender>', supported: true, labels: ['MALE', 'FEMALE'] },
          { tag: '<age>', supported: true, labels: ['CHILD', 'ADULT'], untrainedLabels: ['OLD'] },
        ],
      };
    },
  });
  const telemetry = createTelemetry({ name: 'fake-router', logLevel: 'silent' });
  const server: RunningServer = await startServer({
    stage: 'router',
    listen: '127.0.0.1:0',
    services: [service],
    telemetry,
  });
  server.health.set(SpeechUnderstanding.typeName, true);
  return { address: server.address, asked: () => asked, close: async () => server.abort() };
}
