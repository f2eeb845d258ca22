import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Channels, MeshCallOptions } from '@osum/mesh';
import {
  type AudioFormatSchema,
  type DescribeResponse,
  type LiveOptionsSchema,
  speechUnderstandingDefinition,
  type UnderstandRequestSchema,
  type UnderstandResponse,
  type UtteranceResult,
} from '@osum/proto';

/** What to find out: plain words or task tags. */
export type Wish = { case: 'instruction'; value: string } | { case: 'tags'; value: string };

/** One recording or live stream as a door takes it. */
export interface UnderstandingRequest {
  wish: Wish;
  audio: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  format?: MessageInitShape<typeof AudioFormatSchema>;
  live?: MessageInitShape<typeof LiveOptionsSchema>;
}

/** Options of one call to the router. */
export type RouterCallOptions = MeshCallOptions & { signal?: AbortSignal };

/** A message of the router about one recording. */
export type UnderstandingEvent = Exclude<UnderstandResponse['response'], { case: undefined }>;

/** The router, as all doors see it. */
export interface Understanding {
  /** Message by message; leaving the loop cancels the call. */
  stream(request: UnderstandingRequest, options: RouterCallOptions): AsyncIterable<UnderstandingEvent>;
  /** All utterances of a recording. */
  collect(request: UnderstandingRequest, options: RouterCallOptions): Promise<UtteranceResult[]>;
  /** What the mesh can do. */
  describe(options: RouterCallOptions): Promise<DescribeResponse>;
}

/** Bytes of audio in one message to the router: the size that the contract recommends. */
const audioMessageBytes = 15 * 1024;

/** The router at `address`. Its failures are thrown as `RemoteError` and keep their status. */
export function createUnderstanding(channels: Channels, address: string): Understanding {
  const router = channels.client(speechUnderstandingDefinition, address);

  async function* stream(
    request: UnderstandingRequest,
    options: RouterCallOptions,
  ): AsyncIterable<UnderstandingEvent> {
    for await (const { response } of router.understand(messages(request), options)) {
      if (response.case !== undefined) yield response;
    }
  }

  return {
    stream,
    async collect(request, options) {
      const utterances: UtteranceResult[] = [];
      for await (const event of stream(request, options)) {
        if (event.case === 'result') utterances.push(event.value);
      }
      return utterances;
    },
    describe: (options) => router.describe({}, options),
  };
}

async function* messages({
  wish,
  audio,
  format,
  live,
}: UnderstandingRequest): AsyncIterable<MessageInitShape<typeof UnderstandRequestSchema>> {
  const config = { wish, ...(format && { format }), ...(live && { live }) };
  yield { request: { case: 'config', value: config } };
  for await (const piece of audio) {
    for (let start = 0; start < piece.length; start += audioMessageBytes) {
      yield { request: { case: 'audio', value: piece.subarray(start, start + audioMessageBytes) } };
    }
  }
}
