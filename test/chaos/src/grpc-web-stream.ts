import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  SpeechUnderstanding,
  UnderstandRequestSchema,
  type UnderstandResponse,
  UnderstandResponseSchema,
} from '@osum/proto';

/** What a call by gRPC-Web gave: its messages, and the trailers that come as its last frame. */
export interface WebAnswer {
  readonly messages: readonly UnderstandResponse[];
  readonly trailers: Readonly<Record<string, string>>;
}

const headerBytes = 5;
const trailerFlag = 0x80;

/** Understand from a page: all requests in one body, as browsers can send it; the answers are read as they come. */
export async function understandByWeb(
  baseUrl: string,
  requests: readonly MessageInitShape<typeof UnderstandRequestSchema>[],
): Promise<WebAnswer> {
  const body = Buffer.concat(
    requests.map((request) =>
      frame(toBinary(UnderstandRequestSchema, create(UnderstandRequestSchema, request))),
    ),
  );
  const response = await fetch(`${baseUrl}/${SpeechUnderstanding.typeName}/Understand`, {
    method: 'POST',
    headers: { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1' },
    body,
  });
  const messages: UnderstandResponse[] = [];
  let trailers: Record<string, string> = {};
  let pending = Buffer.alloc(0);
  for await (const chunk of response.body!) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= headerBytes) {
      const end = headerBytes + pending.readUInt32BE(1);
      if (pending.length < end) break;
      const content = pending.subarray(headerBytes, end);
      if (pending[0]! & trailerFlag) trailers = trailersFrom(content.toString());
      else messages.push(fromBinary(UnderstandResponseSchema, content));
      pending = pending.subarray(end);
    }
  }
  return { messages, trailers };
}

function frame(message: Uint8Array): Uint8Array {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

function trailersFrom(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .trim()
      .split('\r\n')
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
  );
}
