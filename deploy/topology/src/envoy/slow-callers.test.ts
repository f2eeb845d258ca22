import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { speechUnderstandingDefinition } from '@osum/proto';
import { type Fronted, startFronted } from '../testing/fronted.js';
import { connectRawHttp2, frameTypes, type RawHttp2 } from '../testing/raw-http2.js';

const requestHeadersMs = 1_000;
// Far from Envoy's other timeouts, and enough for a busy machine.
const limitMs = 8_000;
const streamId = 1;
const END_STREAM = 0x1;

// Fields without indexing, names and values in plain text (RFC 7541, section 6.2.2).
const field = (name: string, value: string) =>
  Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
const beginning = Buffer.concat([
  field(':method', 'POST'),
  field(':scheme', 'http'),
  field(':path', '/osum.v1.SpeechUnderstanding/Describe'),
]);

let fronted: Fronted;
before(async () => {
  fronted = await startFronted({ requestHeadersMs });
});
after(() => fronted?.end());

/** Calls the door as others do, until the slow caller is ended: how long that took, and how many calls were answered meanwhile. */
async function whileOthersCall(slow: RawHttp2): Promise<{ spentMs: number; answered: number }> {
  const client = fronted.channels.client(speechUnderstandingDefinition, fronted.door);
  const began = performance.now();
  let isOver = false;
  const ended = Promise.race([slow.ended(streamId), sleep(limitMs, undefined, { ref: false })]).then(() => {
    isOver = true;
  });
  let answered = 0;
  while (!isOver) {
    await client.describe({});
    if (!isOver) answered++;
    await sleep(20);
  }
  await ended;
  return { spentMs: performance.now() - began, answered };
}

test('a caller whose headers do not end is ended; others are answered meanwhile', async () => {
  const slow = await connectRawHttp2(fronted.door);
  slow.send(frameTypes.headers, END_STREAM, streamId, beginning);
  const { spentMs, answered } = await whileOthersCall(slow);
  slow.close();
  assert.ok(spentMs > requestHeadersMs / 2 && spentMs < limitMs, `it ended after ${spentMs} ms`);
  assert.ok(answered > 0);
});

test('a caller that trickles its headers is ended just as well, for the time counts from their first byte', async () => {
  const slow = await connectRawHttp2(fronted.door);
  slow.send(frameTypes.headers, END_STREAM, streamId, beginning);
  let sent = 0;
  const trickle = setInterval(() => {
    slow.send(frameTypes.continuation, 0, streamId, field(`x-${sent++}`, 'more'));
  }, requestHeadersMs / 5);
  const { spentMs, answered } = await whileOthersCall(slow);
  clearInterval(trickle);
  slow.close();
  assert.ok(spentMs > requestHeadersMs / 2 && spentMs < limitMs, `it ended after ${spentMs} ms`);
  assert.ok(sent > 1 && answered > 0);
});
