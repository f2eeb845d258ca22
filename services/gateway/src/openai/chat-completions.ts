import { randomUUID } from 'node:crypto';
import { WarningCode } from '@osum/proto';
import { type Answer, createAnswer, type Understanding, type UnderstandingEvent } from '../understanding.js';
import { readChatRequest } from './chat-request.js';
import { createChatText } from './chat-text.js';
import { sendEvents } from './event-stream.js';
import type { Route } from './http-door.js';
import { typedResults } from './typed-results.js';
import { chatUsage } from './usage.js';

/** What all messages about one completion say. */
interface CompletionHead {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
}

/**
 * `POST /v1/chat/completions` about a recording. The answer is text, as the model prints it; the typed results are in a field of
 * ours, `osum`, of the completion or of its last chunk.
 */
export function chatCompletions(understanding: Understanding, maxAudioBytes: number): Route {
  return async (request, reply, call) => {
    const { model, wish, audio, stream, includeUsage } = readChatRequest(request.body, maxAudioBytes);
    const head = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
    const events = understanding.stream({ wish, model, audio: [audio] }, call);
    if (stream) {
      await sendEvents(reply, chunks(head, events, includeUsage), call);
      return undefined;
    }
    return completion(head, events);
  };
}

async function completion(head: CompletionHead, events: AsyncIterable<UnderstandingEvent>): Promise<object> {
  const collected = createAnswer();
  const textOf = createChatText();
  let content = '';
  for await (const event of events) {
    collected.add(event);
    content += textOf(event);
  }
  const answer = collected.answer();
  return {
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: finishReason(answer),
      },
    ],
    usage: chatUsage(answer),
    osum: typedResults(answer),
  };
}

async function* chunks(
  head: CompletionHead,
  events: AsyncIterable<UnderstandingEvent>,
  includeUsage: boolean,
): AsyncIterable<object | '[DONE]'> {
  const chunk = (choices: readonly object[], more: object = {}) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices,
    ...(includeUsage && { usage: null }),
    ...more,
  });
  const choice = (delta: object, finish_reason: 'stop' | 'length' | null) => [
    { index: 0, delta, logprobs: null, finish_reason },
  ];
  const collected = createAnswer();
  const textOf = createChatText();
  let role: { role?: 'assistant' } = { role: 'assistant' };
  for await (const event of events) {
    collected.add(event);
    const content = textOf(event);
    if (content === '') continue;
    yield chunk(choice({ ...role, content }, null));
    role = {};
  }
  const answer = collected.answer();
  yield chunk(choice(role, finishReason(answer)), { osum: typedResults(answer) });
  if (includeUsage) yield chunk([], { usage: chatUsage(answer) });
  yield '[DONE]';
}

function finishReason({ utterances }: Answer): 'stop' | 'length' {
  const warnings = utterances.flatMap(({ result }) => result?.warnings ?? []);
  return warnings.some(({ code }) => code === WarningCode.TRUNCATED) ? 'length' : 'stop';
}
