import type { MessageInitShape } from '@bufbuild/protobuf';
import { bindService, createTelemetry, type MeshContext, type ServerOptions, startServer } from '@osum/mesh';
import {
  type DescribeResponseSchema,
  SpeechUnderstanding,
  Task,
  type UnderstandConfig,
  type UnderstandResponseSchema,
} from '@osum/proto';

type Response = NonNullable<MessageInitShape<typeof UnderstandResponseSchema>['response']>;
/** How the fake answers one Understand call; what it throws is the router's failure. */
export type Script = (
  config: UnderstandConfig,
  audio: AsyncIterable<Uint8Array>,
  context: MeshContext,
) => AsyncIterable<Response>;

/** A router that answers by a script and remembers what it was asked. */
export interface FakeRouter {
  readonly address: string;
  /** The last Understand call. */
  readonly last: { config: UnderstandConfig; audio: Buffer; context: MeshContext };
  script: Script;
  close(): void;
}

const describeResponse: MessageInitShape<typeof DescribeResponseSchema> = {
  model: 'fake',
  version: '1.0.0',
  tasks: [{ task: Task.ASR, tag: '<asr>', supported: true, languages: ['en'] }],
};

/** Two utterances, "hello there" by an adult and "again" by a child, in 4 s of audio. */
export const twoUtterances: Script = async function* (config, audio) {
  for await (const _piece of audio);
  const tags = config.wish.value ?? '';
  yield { case: 'plan', value: { tags, score: 1 } };
  yield* utterance(tags, 0, 0.5, 1.5, ['hello', ' there'], 'ADULT');
  yield* utterance(tags, 1, 2, 3.25, ['again'], 'CHILD');
  const usage = { audioSeconds: 2.25, promptTokens: 10, speechRows: 30, generatedTokens: 7 };
  yield { case: 'summary', value: { audioSeconds: 4, utterances: 2, usage } };
};

async function* utterance(
  tags: string,
  index: number,
  startSeconds: number,
  endSeconds: number,
  deltas: readonly string[],
  age: string,
): AsyncIterable<Response> {
  yield { case: 'utteranceStarted', value: { utterance: index, startSeconds } };
  const withAge = tags.includes('<age>');
  const label = { label: age, confidence: 0.75 };
  // A pass of its own prints the label while the transcript is still being printed.
  if (withAge)
    yield { case: 'event', value: { utterance: index, pass: 1, event: { case: 'age', value: label } } };
  for (const value of deltas) {
    yield { case: 'event', value: { utterance: index, event: { case: 'transcriptDelta', value } } };
  }
  const words = tags.includes('<align>')
    ? deltas.map((text, i) => ({
        text: text.trim(),
        startSeconds: startSeconds + i,
        endSeconds: startSeconds + i + 0.5,
      }))
    : [];
  const transcript = { text: deltas.join(''), confidence: 0.5, words };
  yield { case: 'utteranceEnded', value: { utterance: index, endSeconds } };
  const result = { tags, transcript, ...(withAge && { age: label }) };
  yield { case: 'result', value: { utterance: index, startSeconds, endSeconds, result } };
}

/** Serves the fake on a free port. */
export async function startFakeRouter(options: Partial<ServerOptions> = {}): Promise<FakeRouter> {
  let last: FakeRouter['last'] | undefined;
  const service = bindService(SpeechUnderstanding, {
    async *understand(requests, context) {
      const iterator = requests[Symbol.asyncIterator]();
      const first = await iterator.next();
      if (first.done || first.value.request.case !== 'config') throw new Error('no configuration');
      const seen = { config: first.value.request.value, audio: Buffer.alloc(0), context };
      last = seen;
      async function* audio(): AsyncIterable<Uint8Array> {
        for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
          if (next.value.request.case !== 'audio') throw new Error('expected audio');
          seen.audio = Buffer.concat([seen.audio, next.value.request.value]);
          yield next.value.request.value;
        }
      }
      for await (const response of router.script(seen.config, audio(), context)) yield { response };
    },
    interpret: async () => ({}),
    describe: async () => describeResponse,
  });
  const server = await startServer({
    stage: 'router',
    listen: '127.0.0.1:0',
    services: [service],
    telemetry: createTelemetry({ name: 'fake-router', logLevel: 'silent' }),
    ...options,
  });
  const router: FakeRouter = {
    address: server.address,
    get last() {
      if (last === undefined) throw new Error('the router was not asked');
      return last;
    },
    script: twoUtterances,
    close: () => server.abort(),
  };
  return router;
}
