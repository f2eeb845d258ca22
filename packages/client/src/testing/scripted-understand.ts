import type { MessageInitShape } from '@bufbuild/protobuf';
import { type MeshContext, MeshError, sleep } from '@osum/mesh';
import type { UnderstandRequest, UnderstandResponseSchema } from '@osum/proto';
import type { Attempt, CallRecords } from './call-records.js';

type Response = MessageInitShape<typeof UnderstandResponseSchema>;

/**
 * What an instruction or the tags of a call make the mesh do. Numbers follow the word.
 *
 * - `answer`: takes all audio, and answers with the number of its bytes as the transcript. A live stream gets a partial
 *   transcript after each message.
 * - `refuse N MS`: refuses the tenant's first N attempts with RESOURCE_EXHAUSTED and the pushback MS, then answers.
 * - `late N MS`: the same, but after all audio has come.
 * - `exhausted`: refuses with RESOURCE_EXHAUSTED and no pushback.
 * - `unavailable N`: refuses the first N attempts with UNAVAILABLE and no pushback, then answers.
 * - `break`: sends the plan, then fails with UNAVAILABLE.
 * - `wait`: sends nothing until the caller goes.
 * - `talk`: sends the plan, then partial transcripts until the caller goes.
 * - `violate`: fails with INVALID_ARGUMENT, a violation and a fact.
 */
export async function* scriptedUnderstand(
  requests: AsyncIterable<UnderstandRequest>,
  context: MeshContext,
  records: CallRecords,
): AsyncGenerator<Response> {
  const attempt = records.begin(context);
  try {
    yield* perform(requests, context, attempt, records.of(context.tenant).length);
    attempt.ended = 'answered';
  } catch (error) {
    if (!context.signal.aborted) attempt.ended = 'refused';
    throw error;
  } finally {
    if (attempt.ended === 'running') attempt.ended = 'cancelled';
  }
}

async function* perform(
  requests: AsyncIterable<UnderstandRequest>,
  context: MeshContext,
  attempt: Attempt,
  attempts: number,
): AsyncGenerator<Response> {
  const iterator = requests[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done || first.value.request.case !== 'config') throw new MeshError('badOrder', 'expected config');
  const { wish, live } = first.value.request.value;
  const [word, count = '0', pushback = '0'] = (wish.value ?? '').split(' ');
  const refuse = () => {
    if (attempts > Number(count)) return;
    throw new MeshError('queueFull', 'The queue is full.', { pushbackMs: Number(pushback) });
  };
  if (word === 'refuse') refuse();
  if (word === 'exhausted') throw new MeshError('queueFull', 'The queue is full.');
  if (word === 'unavailable' && attempts <= Number(count)) throw new MeshError('loading', 'Still loading.');
  if (word === 'violate') {
    throw new MeshError('badRequest', 'config.tags: expected tags, got none.', {
      violations: [{ field: 'config.tags', description: 'expected tags, got none' }],
      facts: { limit: '7' },
    });
  }
  if (word === 'wait') await sleep(3_600_000, context.signal);
  if (word === 'late') {
    for await (const _bytes of countedAudio(iterator, attempt));
    refuse();
  }
  yield { response: { case: 'plan', value: { tags: '<asr>', score: 1 } } };
  if (word === 'break') throw new MeshError('stageUnreachable', 'A stage broke.');
  for (let turn = 0; word === 'talk'; turn++) {
    yield { response: { case: 'partial', value: { text: `turn ${turn}` } } };
    await sleep(20, context.signal);
  }
  for await (const bytes of countedAudio(iterator, attempt)) {
    if (live) yield { response: { case: 'partial', value: { text: `${bytes} bytes` } } };
  }
  // The requests of a cancelled call may end a moment before its signal aborts.
  await sleep(20, context.signal);
  const transcript = { text: `${attempt.audioBytes} bytes`, confidence: 0.5 };
  yield { response: { case: 'result', value: { endSeconds: 1, result: { tags: '<asr>', transcript } } } };
  yield { response: { case: 'summary', value: { audioSeconds: 1, utterances: 1 } } };
}

/** Takes audio to its end; gives the number of bytes so far after each message. */
async function* countedAudio(
  iterator: AsyncIterator<UnderstandRequest>,
  attempt: Attempt,
): AsyncGenerator<number> {
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    if (next.value.request.case !== 'audio') throw new MeshError('badOrder', 'expected audio');
    const { length } = next.value.request.value;
    attempt.messages += 1;
    attempt.audioBytes += length;
    attempt.largestMessage = Math.max(attempt.largestMessage, length);
    yield attempt.audioBytes;
  }
}
