import { z } from 'zod';
import type { Wish } from '../understanding.js';
import { InvalidRequest, tooLarge } from './openai-error.js';

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const inputAudioPart = z.object({
  type: z.literal('input_audio'),
  input_audio: z.object({ data: z.string(), format: z.enum(['wav', 'mp3', 'flac', 'ogg', 'opus']) }),
});
// What vLLM's and Qwen's users send.
const audioUrlPart = z.object({ type: z.literal('audio_url'), audio_url: z.object({ url: z.string() }) });
const partSchema = z.discriminatedUnion('type', [textPart, inputAudioPart, audioUrlPart]);
const bodySchema = z.object({
  model: z.string(),
  messages: z
    .array(
      z.object({
        role: z.enum(['system', 'developer', 'user', 'assistant']),
        content: z.union([z.string(), z.array(partSchema)]).nullish(),
      }),
    )
    .min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1, 'expected 1: the model gives one answer').nullish(),
  modalities: z.array(z.literal('text', 'expected text: the model does not speak')).nullish(),
  // Ours: what to find out, as tags instead of words.
  osum_tags: z.string().min(1).nullish(),
});
type Part = z.infer<typeof partSchema>;

/** A chat request: a recording, and what to find out about it. */
export interface ChatRequest {
  readonly model: string;
  readonly wish: Wish;
  readonly audio: Uint8Array;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/**
 * Reads the body of `POST /v1/chat/completions`. The last user message holds the recording; its text, or else that of the system
 * message, says what to find out, unless `osum_tags` does; without any of them the recording itself is the question. Earlier turns
 * have no effect.
 */
export function readChatRequest(body: unknown, maxAudioBytes: number): ChatRequest {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') || null;
    throw new InvalidRequest(`${field ?? 'body'}: ${issue?.message}`, issue?.path[0]?.toString() ?? null);
  }
  const { model, messages, stream, stream_options, osum_tags } = parsed.data;
  const question = partsOf(messages.findLast(({ role }) => role === 'user')?.content);
  const recordings = question.filter((part) => part.type !== 'text');
  const [recording] = recordings;
  if (recording === undefined || recordings.length > 1) {
    throw new InvalidRequest(
      `the last user message must hold one input_audio part, for this model answers about recordings; it holds ${recordings.length}`,
      'messages',
    );
  }
  const systems = messages.filter(({ role }) => role === 'system' || role === 'developer');
  const words = textOf(question) || textOf(systems.flatMap(({ content }) => partsOf(content)));
  const audio = audioOf(recording);
  if (audio.length > maxAudioBytes) throw tooLarge(maxAudioBytes);
  return {
    model,
    wish: wishOf(osum_tags ?? undefined, words),
    audio,
    stream: stream ?? false,
    includeUsage: stream_options?.include_usage ?? false,
  };
}

function wishOf(tags: string | undefined, words: string): Wish {
  if (tags !== undefined) return { case: 'tags', value: tags };
  return words === '' ? { case: 'tags', value: '<chat>' } : { case: 'instruction', value: words };
}

function partsOf(content: string | Part[] | null | undefined): Part[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
}

function textOf(parts: readonly Part[]): string {
  return parts
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n')
    .trim();
}

function audioOf(part: Exclude<Part, { type: 'text' }>): Uint8Array {
  if (part.type === 'input_audio') return fromBase64(part.input_audio.data);
  const data = /^data:audio\/[\w.+-]+;base64,/i.exec(part.audio_url.url);
  if (data !== null) return fromBase64(part.audio_url.url.slice(data[0].length));
  throw new InvalidRequest(
    'audio_url.url: expected a URL that begins with data:audio/, such as data:audio/wav;base64,...; recordings are not fetched from elsewhere',
    'messages',
  );
}

function fromBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  // The decoder passes over what it does not know.
  const expectedBytes = Math.floor((text.replace(/=+$/, '').length * 3) / 4);
  if (bytes.length === expectedBytes) return bytes;
  throw new InvalidRequest('input_audio.data: expected base64 without line breaks', 'messages');
}
