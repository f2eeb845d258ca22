import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { invalidRequest, type OpenAiError } from './openai-error.js';
import { transcriptFormats } from './transcript-formats.js';

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const fieldsSchema = z.object({
  model: z.string().optional(),
  language: z.string().optional(),
  response_format: z.enum(transcriptFormats).default('json'),
  stream: flag.default(false),
  'timestamp_granularities[]': z.array(z.enum(['word', 'segment'])).default([]),
  // Ours: what to find out besides the words.
  osum_tags: z.string().min(1).optional(),
  osum_instruction: z.string().min(1).optional(),
});

/** The fields of a transcription request that this door reads. Others, such as `prompt` and `temperature`, have no effect. */
export type TranscriptionFields = z.infer<typeof fieldsSchema>;

/** A transcription request: its fields and the recording, held in memory up to the server's limit. */
export interface TranscriptionForm {
  fields: TranscriptionFields;
  audio: Uint8Array;
}

/** Reads the multipart form of `POST /v1/audio/transcriptions`; fields may stand before or after the file. */
export async function readTranscriptionForm(
  request: FastifyRequest,
): Promise<{ form: TranscriptionForm } | { error: OpenAiError }> {
  if (!request.isMultipart()) {
    return { error: invalidRequest('expected multipart/form-data with a part named file') };
  }
  let audio: Uint8Array | undefined;
  const values: Record<string, unknown> = {};
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      if (part.fieldname === 'file') audio = await wholeFile(part);
      else part.file.resume();
    } else if (part.fieldname.endsWith('[]')) {
      values[part.fieldname] = [...((values[part.fieldname] as unknown[]) ?? []), part.value];
    } else {
      values[part.fieldname] = part.value;
    }
  }
  if (audio === undefined) return { error: invalidRequest('the form has no part named file', 'file') };
  const fields = fieldsSchema.safeParse(values);
  if (fields.success) return { form: { fields: fields.data, audio } };
  const [issue] = fields.error.issues;
  return { error: invalidRequest(issue?.message ?? 'unreadable form', issue?.path.join('.') ?? null) };
}

function wholeFile(part: MultipartFile): Promise<Uint8Array> {
  return part.toBuffer();
}
