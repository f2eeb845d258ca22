import { once } from 'node:events';
import type { FastifyReply } from 'fastify';

/**
 * Sends server-sent events, each a JSON value, as they come. The first event decides between a stream and an ordinary error
 * answer: nothing is written before it.
 */
export async function sendEvents(
  reply: FastifyReply,
  events: AsyncIterable<object | '[DONE]'>,
): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  let next = await iterator.next();
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  try {
    for (; !next.done && !raw.destroyed; next = await iterator.next()) {
      const data = next.value === '[DONE]' ? next.value : JSON.stringify(next.value);
      if (!raw.write(`data: ${data}\n\n`)) await Promise.race([once(raw, 'drain'), once(raw, 'close')]);
    }
  } finally {
    await iterator.return?.();
    raw.end();
  }
}
