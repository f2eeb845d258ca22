import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Wish } from '../understanding.js';
import { InvalidRequest } from './openai-error.js';
import { transcriptFormats } from './transcript-formats.js';

const granularities = 'timestamp_granularities[]';

const fieldsSchema = z.object({
  model: z.string().default(''),
  language: z.string().default(''),
  response_format: z.enum(transcriptFormats).default('json'),
  stream: z.stringbool().default(false),
  [granularities]: z.array(z.enum(['word', 'segment'])).default([]),
  // Ours: what to find out besides the words.
  osum_tags: z.string().min(1).optional(),
  osum_instruction: z.string().min(1).optional(),
});

/**
 * A transcription request, held in memory up to the server's limit. Fields that have no effect here, such as `prompt` and
 * `temperature`, are left out.
 */
export interface TranscriptionForm {
  readonly audio: Uint8Array;
  /** Empty: the one served here. */
  readonly model: string;
  /** Empty: any. */
  readonly language: string;
  readonly format: (typeof transcriptFormats)[number];
  readonly stream: boolean;
  readonly wish: Wish;
  /** Whether the caller asked for typed results by `osum_tags` or `osum_instruction`. */
  readonly wantsResults: boolean;
  readonly words: boolean;
  readonly segments: boolean;
}

/** Reads the multipart form of `POST /v1/audio/transcriptions`; fields may stand before or after the file. */
export async function readTranscriptionForm(request: FastifyRequest): Promise<TranscriptionForm> {
  if (!request.isMultipart()) {
    throw new InvalidRequest('expected multipart/form-data with a part named file', null, 415);
  }
  let audio: Uint8Array | undefined;
  const values: Record<string, unknown> = {};
  for await (const part of request.parts()) {
    const { fieldname } = part;
    if (part.type === 'file') {
      const bytes = await part.toBuffer();
      if (fieldname === 'file') audio = bytes;
    } else if (fieldname.endsWith('[]')) {
      values[fieldname] = [...((values[fieldname] as unknown[]) ?? []), part.value];
    } else {
      values[fieldname] = part.value;
    }
  }
  if (audio === undefined) throw new InvalidRequest('the form has no part named file', 'file');
  const parsed = fieldsSchema.safeParse(values);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path[0]?.toString() ?? null;
    throw new InvalidRequest(`${param}: ${issue?.message ?? 'unreadable'}`, param);
  }
  return formFrom(parsed.data, audio);
}

function formFrom(fields: z.infer<typeof fieldsSchema>, audio: Uint8Array): TranscriptionForm {
  const { model, language, response_format: format, stream, osum_tags, osum_instruction } = fields;
  const wanted = fields[granularities];
  if (wanted.length > 0 && format !== 'verbose_json') {
    throw new InvalidRequest(`${granularities} goes with response_format verbose_json`, granularities);
  }
  if (stream && format !== 'json' && format !== 'text') {
    throw new InvalidRequest('stream goes with response_format json or text', 'response_format');
  }
  if (osum_tags !== undefined && osum_instruction !== undefined) {
    throw new InvalidRequest('give either osum_tags or osum_instruction, not both', 'osum_instruction');
  }
  const words = wanted.includes('word');
  return {
    audio,
    model,
    language,
    format,
    stream,
    wish: wishOf(osum_tags, osum_instruction, words),
    wantsResults: osum_tags !== undefined || osum_instruction !== undefined,
    words,
    segments: wanted.length === 0 || wanted.includes('segment'),
  };
}

function wishOf(tags: string | undefined, instruction: string | undefined, words: boolean): Wish {
  if (tags !== undefined) return { case: 'tags', value: tags };
  if (instruction !== undefined) return { case: 'instruction', value: instruction };
  return { case: 'tags', value: words ? '<asr><align>' : '<asr>' };
}
