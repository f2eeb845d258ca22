import { randomUUID } from 'node:crypto';
import { toJson } from '@bufbuild/protobuf';
import { ResultSchema, type UtteranceResult } from '@osum/proto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Understanding, UnderstandingEvent, UnderstandingRequest } from '../understanding.js';
import { callOptionsOf } from './call-options.js';
import { sendEvents } from './event-stream.js';
import { invalidRequest } from './openai-error.js';

const textPart = z.object({ type: z.literal('text'), text: z.string().min(1) });
const audioPart = z.object({
  type: z.literal('input_audio'),
  input_audio: z.object({ data: z.base64(), format: z.enum(['wav', 'mp3', 'flac', 'ogg']) }),
});
const bodySchema = z.object({
  model: z.string(),
  messages: z
    .array(
      z.object({
        role: z.enum(['system', 'developer', 'user', 'assistant']),
        content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textPart, audioPart]))]),
      }),
    )
    .min(1),
  stream: z.boolean().default(false),
});

/** What one chat request asks: the last user message, whose text says what to find out about its audio. */
type ChatQuestion = { model: string; request: UnderstandingRequest; stream: boolean };

/** `POST /v1/chat/completions` with an `input_audio` part: the text part is the instruction. */
export async function chatCompletions(
  understanding: Understanding,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const question = questionFrom(request.body);
  if (typeof question === 'string') {
    const { httpStatus, body } = invalidRequest(question, 'messages');
    return reply.status(httpStatus).send(body);
  }
  const options = callOptionsOf(request, reply);
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: question.model,
  };
  if (question.stream) {
    await sendEvents(reply, chunks(head, understanding.stream(question.request, options)));
    return undefined;
  }
  const utterances = await understanding.collect(question.request, options);
  return reply.send({
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: contentOf(utterances), refusal: null },
        finish_reason: 'stop',
      },
    ],
    usage: usageOf(utterances),
    osum: utterances.map(({ result }) => result && toJson(ResultSchema, result)),
  });
}

function questionFrom(body: unknown): ChatQuestion | string {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return z.prettifyError(parsed.error);
  const { model, messages, stream } = parsed.data;
  const content = messages.findLast(({ role }) => role === 'user')?.content;
  if (content === undefined || typeof content === 'string') {
    return 'the last user message holds no input_audio part: this model answers about recordings';
  }
  const audio = content.find((part) => part.type === 'input_audio');
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  if (audio === undefined)
    return 'the last user message holds no input_audio part: this model answers about recordings';
  const wish =
    texts.length > 0
      ? { case: 'instruction' as const, value: texts.join('\n') }
      : { case: 'tags' as const, value: '<chat>' };
  return { model, stream, request: { wish, audio: [Buffer.from(audio.input_audio.data, 'base64')] } };
}

/** The model's own words for each utterance: its reply or transcript, then its labels. */
function contentOf(utterances: readonly UtteranceResult[]): string {
  return utterances
    .map(({ result }) => {
      const labels = [result?.emotion, result?.style, result?.soundEvent, result?.gender, result?.age];
      const printed = labels.flatMap((answer) => (answer?.label ? [`<${answer.label}>`] : []));
      return [result?.transcript?.text, result?.reply?.text, printed.join('')].filter(Boolean).join('\n');
    })
    .join('\n');
}

type ChunkHead = { id: string; created: number; model: string };

async function* chunks(
  head: ChunkHead,
  events: AsyncIterable<UnderstandingEvent>,
): AsyncIterable<object | '[DONE]'> {
  const chunk = (delta: object, finishReason: 'stop' | null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });
  let role: { role?: 'assistant' } = { role: 'assistant' };
  for await (const event of events) {
    const content = event.case === 'event' ? deltaText(event.value.event) : undefined;
    if (content === undefined) continue;
    yield chunk({ ...role, content }, null);
    role = {};
  }
  yield chunk(role, 'stop');
  yield '[DONE]';
}

function deltaText(
  event: Extract<UnderstandingEvent, { case: 'event' }>['value']['event'],
): string | undefined {
  switch (event.case) {
    case 'transcriptDelta':
    case 'replyDelta':
      return event.value;
    case 'emotion':
    case 'style':
    case 'soundEvent':
    case 'gender':
    case 'age':
      return event.value.label === '' ? undefined : `<${event.value.label}>`;
    default:
      return undefined;
  }
}

function usageOf(utterances: readonly UtteranceResult[]): object {
  const sum = (value: (result: NonNullable<UtteranceResult['result']>) => number | undefined) =>
    utterances.reduce((total, { result }) => total + ((result && value(result)) ?? 0), 0);
  const textTokens = sum(({ usage }) => usage?.promptTokens);
  const audioTokens = sum(({ usage }) => usage?.speechRows);
  const completionTokens = sum(({ usage }) => usage?.generatedTokens);
  return {
    prompt_tokens: textTokens + audioTokens,
    prompt_tokens_details: { audio_tokens: audioTokens },
    completion_tokens: completionTokens,
    total_tokens: textTokens + audioTokens + completionTokens,
  };
}
