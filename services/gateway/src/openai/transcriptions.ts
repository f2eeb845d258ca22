import type { UtteranceResult } from '@osum/proto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Understanding, Wish } from '../understanding.js';
import { callOptionsOf } from './call-options.js';
import { sendEvents } from './event-stream.js';
import { openAiErrorFrom } from './openai-error.js';
import { formatTranscript, transcriptText, usageOf } from './transcript-formats.js';
import {
  readTranscriptionForm,
  type TranscriptionFields,
  type TranscriptionForm,
} from './transcription-form.js';

/** `POST /v1/audio/transcriptions`. */
export async function transcriptions(
  understanding: Understanding,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const read = await readTranscriptionForm(request);
  if ('error' in read) return reply.status(read.error.httpStatus).send(read.error.body);
  const { fields, audio } = read.form;
  const options = callOptionsOf(request, reply);
  if (fields.stream) {
    await sendEvents(reply, transcriptEvents(understanding, read.form, options));
    return undefined;
  }
  const utterances = await understanding.collect({ wish: wishOf(fields), audio: [audio] }, options);
  const words = fields['timestamp_granularities[]'].includes('word');
  const { contentType, body } = formatTranscript(utterances, fields.response_format, {
    language: fields.language,
    words,
  });
  return reply.type(contentType).send(body);
}

/** `transcript.text.delta` as the model prints, then one `transcript.text.done`. */
async function* transcriptEvents(
  understanding: Understanding,
  { fields, audio }: TranscriptionForm,
  options: ReturnType<typeof callOptionsOf>,
): AsyncIterable<object> {
  const utterances: UtteranceResult[] = [];
  let printed = '';
  let openUtterance = -1;
  try {
    for await (const event of understanding.stream({ wish: wishOf(fields), audio: [audio] }, options)) {
      if (event.case === 'event' && event.value.event.case === 'transcriptDelta') {
        const separator = event.value.utterance !== openUtterance && printed !== '' ? ' ' : '';
        openUtterance = event.value.utterance;
        const delta = separator + event.value.event.value;
        printed += delta;
        yield { type: 'transcript.text.delta', delta };
      } else if (event.case === 'result') {
        utterances.push(event.value);
      }
    }
  } catch (error) {
    if (printed === '') throw error;
    yield { type: 'error', ...openAiErrorFrom(error).body };
    return;
  }
  yield { type: 'transcript.text.done', text: transcriptText(utterances), usage: usageOf(utterances) };
}

function wishOf(fields: TranscriptionFields): Wish {
  if (fields.osum_tags !== undefined) return { case: 'tags', value: fields.osum_tags };
  if (fields.osum_instruction !== undefined) return { case: 'instruction', value: fields.osum_instruction };
  const words = fields['timestamp_granularities[]'].includes('word');
  return { case: 'tags', value: words ? '<asr><align>' : '<asr>' };
}
