import { once } from 'node:events';
import type { FastifyReply } from 'fastify';
import type { HttpCall } from './http-call.js';
import { openAiErrorFrom } from './openai-error.js';

/**
 * Sends server-sent events, each a JSON value, as they come. The first event decides between a stream and an ordinary error
 * answer: nothing is written before it. A failure after it is sent as an event of its own, and ends the stream.
 */
export async function sendEvents(
  reply: FastifyReply,
  events: AsyncIterable<object | '[DONE]'>,
  { signal }: HttpCall['options'],
): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  let next = await iterator.next();
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  const send = async (value: object | '[DONE]') => {
    const data = value === '[DONE]' ? value : JSON.stringify(value);
    if (raw.destroyed || raw.write(`data: ${data}\n\n`)) return;
    await Promise.race([once(raw, 'drain'), once(raw, 'close')]);
  };
  try {
    for (; !next.done && !raw.destroyed; next = await iterator.next()) await send(next.value);
  } catch (error) {
    const { body } = openAiErrorFrom(signal.aborted ? signal.reason : error);
    await send({ type: 'error', ...body });
  } finally {
    await iterator.return?.();
    raw.end();
  }
}
