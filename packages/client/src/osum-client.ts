import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type AudioFormatSchema,
  type DescribeResponse,
  type GenerationOptionsSchema,
  type LiveOptionsSchema,
  type Plan,
  speechUnderstandingDefinition,
  type UnderstandRequestSchema,
  type UnderstandResponse,
  type UnderstandSummary,
  type UtteranceResult,
} from '@osum/proto';
import type { CallOptions } from 'nice-grpc';
import { type AudioSource, audioChunks } from './audio-source.js';
import type { CallBounds } from './call-maker.js';
import { type ConnectionOptions, createConnection } from './connection.js';

/** What to find out: plain words, or task tags such as `<asr><age>`. Exactly one of the two. */
export type Wish = { instruction: string } | { tags: string };

/** One recording or live stream, and what to find out about it. */
export type UnderstandOptions = Wish & {
  audio: AudioSource;
  /** Encoding of the audio; needed for raw PCM. Default: recognised by the first bytes. */
  format?: MessageInitShape<typeof AudioFormatSchema>;
  /** Set for audio that arrives as it is spoken. Default: a recording. */
  live?: MessageInitShape<typeof LiveOptionsSchema>;
  /** How the answer is generated. Default: as the model package says. */
  generation?: MessageInitShape<typeof GenerationOptionsSchema>;
};

/** A message of a running call. */
export type UnderstandEvent = Exclude<UnderstandResponse['response'], { case: undefined }>;

/** All that came of one call. */
export interface Understanding {
  plan: Plan;
  /** In the order of the recording. */
  utterances: UtteranceResult[];
  summary: UnderstandSummary;
}

/** A client of one mesh. Safe for any number of calls at a time. Calls fail with `OsumError`. */
export interface OsumClient {
  /** Understands a recording, and waits for all of it. */
  understand(options: UnderstandOptions, bounds?: CallBounds): Promise<Understanding>;
  /** Understands a recording or a live stream, message by message. Leaving the loop cancels the call. */
  stream(options: UnderstandOptions, bounds?: CallBounds): AsyncIterable<UnderstandEvent>;
  /** Turns an instruction into a plan, without audio. */
  interpret(instruction: string, bounds?: CallBounds): Promise<Plan>;
  /** What the mesh can do. */
  describe(bounds?: CallBounds): Promise<DescribeResponse>;
  /** Closes the connection; running calls fail. */
  close(): void;
}

/**
 * A client of the mesh whose router is at `address`. Connects with the first call.
 *
 * @example
 * const client = createOsumClient({ address: '127.0.0.1:50051' });
 * const { utterances } = await client.understand({ audio: 'call.flac', instruction: 'write down what she says' });
 * console.log(utterances[0]?.result?.transcript?.text);
 */
export function createOsumClient(options: ConnectionOptions): OsumClient {
  const { channel, clients, calls, model } = createConnection(options);
  const client = clients.create(speechUnderstandingDefinition, channel);

  async function* stream(request: UnderstandOptions, bounds?: CallBounds): AsyncIterable<UnderstandEvent> {
    const source = new SourceFailure();
    const ask = (callOptions: CallOptions) =>
      client.understand(requests(request, model, source), callOptions);
    try {
      for await (const { response } of calls.answers(ask, bounds)) {
        if (response.case !== undefined) yield response;
      }
    } catch (error) {
      throw source.cause ?? error;
    }
  }

  return {
    stream,
    async understand(request, bounds) {
      return collect(stream(request, bounds));
    },
    async interpret(instruction, bounds) {
      const answer = await calls.answer(
        (callOptions) => client.interpret({ instruction, model }, callOptions),
        bounds,
      );
      return expectPart(answer.plan, 'plan');
    },
    async describe(bounds) {
      return calls.answer((callOptions) => client.describe({ model }, callOptions), bounds);
    },
    close: () => channel.close(),
  };
}

/** Keeps why the caller's audio source failed: gRPC would only say that the call was cancelled. */
class SourceFailure {
  cause: unknown;
}

async function* requests(
  options: UnderstandOptions,
  model: string,
  failure: SourceFailure,
): AsyncIterable<MessageInitShape<typeof UnderstandRequestSchema>> {
  const { format, live, generation } = options;
  const wish =
    'tags' in options
      ? { case: 'tags' as const, value: options.tags }
      : { case: 'instruction' as const, value: options.instruction };
  const config = {
    wish,
    model,
    ...(format && { format }),
    ...(live && { live }),
    ...(generation && { generation }),
  };
  yield { request: { case: 'config', value: config } };
  try {
    for await (const audio of audioChunks(options.audio)) yield { request: { case: 'audio', value: audio } };
  } catch (error) {
    failure.cause = error;
    throw error;
  }
}

async function collect(events: AsyncIterable<UnderstandEvent>): Promise<Understanding> {
  let plan: Plan | undefined;
  let summary: UnderstandSummary | undefined;
  const utterances: UtteranceResult[] = [];
  for await (const event of events) {
    if (event.case === 'plan') plan = event.value;
    else if (event.case === 'result') utterances.push(event.value);
    else if (event.case === 'summary') summary = event.value;
  }
  return { plan: expectPart(plan, 'plan'), utterances, summary: expectPart(summary, 'summary') };
}

function expectPart<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new Error(`the answer holds no ${name}: is the server an osum.v1 router?`);
  return part;
}
