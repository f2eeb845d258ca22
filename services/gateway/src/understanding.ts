import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Channels, MeshCallOptions } from '@osum/mesh';
import {
  type AudioFormatSchema,
  type DescribeResponse,
  type LiveOptionsSchema,
  speechUnderstandingDefinition,
  type UnderstandRequestSchema,
  type UnderstandResponse,
  type UnderstandSummary,
  type UtteranceResult,
} from '@osum/proto';
import type { CallOptions } from 'nice-grpc-common';
import type { GatewayMetrics } from './gateway-metrics.js';

/** What to find out: plain words or task tags. */
export type Wish = { case: 'instruction'; value: string } | { case: 'tags'; value: string };

/** One recording or live stream as a door takes it. */
export interface UnderstandingRequest {
  readonly wish: Wish;
  readonly audio: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Name of the model package; the one that is served if it is empty or missing. */
  readonly model?: string;
  readonly format?: MessageInitShape<typeof AudioFormatSchema>;
  readonly live?: MessageInitShape<typeof LiveOptionsSchema>;
}

/** Options of one call to the router. */
export type RouterCallOptions = MeshCallOptions & Pick<CallOptions, 'signal' | 'metadata'>;

/** A message of the router about one recording. */
export type UnderstandingEvent = Exclude<UnderstandResponse['response'], { case: undefined }>;

/** All that the router said about a recording, in order. */
export interface Answer {
  readonly utterances: UtteranceResult[];
  readonly summary: UnderstandSummary | undefined;
}

/** The router, as all doors see it. Its failures are thrown as `RemoteError` and keep their status. */
export interface Understanding {
  /** Message by message; leaving the loop cancels the call. */
  stream(request: UnderstandingRequest, options: RouterCallOptions): AsyncIterable<UnderstandingEvent>;
  /** The whole answer. */
  answer(request: UnderstandingRequest, options: RouterCallOptions): Promise<Answer>;
  /** What the mesh can do. */
  describe(options: RouterCallOptions): Promise<DescribeResponse>;
}

/** Bytes of audio in one message to the router: the size that the contract recommends. */
const audioMessageBytes = 15_000;

/** The router at `address`. */
export function createUnderstanding(
  channels: Channels,
  address: string,
  metrics: GatewayMetrics,
): Understanding {
  const router = channels.client(speechUnderstandingDefinition, address);

  async function* stream(
    request: UnderstandingRequest,
    options: RouterCallOptions,
  ): AsyncIterable<UnderstandingEvent> {
    for await (const { response } of router.understand(messages(request), options)) {
      if (response.case === 'summary') metrics.answered(response.value);
      if (response.case !== undefined) yield response;
    }
  }

  return {
    stream,
    async answer(request, options) {
      const collected = createAnswer();
      for await (const event of stream(request, options)) collected.add(event);
      return collected.answer();
    },
    describe: (options) => router.describe({}, options),
  };
}

/** Collects what an answer is made of, event by event. */
export function createAnswer(): { add(event: UnderstandingEvent): void; answer(): Answer } {
  const utterances: UtteranceResult[] = [];
  let summary: UnderstandSummary | undefined;
  return {
    add(event) {
      if (event.case === 'result') utterances.push(event.value);
      if (event.case === 'summary') summary = event.value;
    },
    answer: () => ({ utterances, summary }),
  };
}

async function* messages({
  wish,
  audio,
  model = '',
  format,
  live,
}: UnderstandingRequest): AsyncIterable<MessageInitShape<typeof UnderstandRequestSchema>> {
  const config = { wish, model, ...(format && { format }), ...(live && { live }) };
  yield { request: { case: 'config', value: config } };
  for await (const piece of audio) {
    for (let start = 0; start < piece.length; start += audioMessageBytes) {
      yield { request: { case: 'audio', value: piece.subarray(start, start + audioMessageBytes) } };
    }
  }
}
