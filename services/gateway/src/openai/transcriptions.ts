import { separatorBetween } from '@osum/text';
import { requireLanguage } from '../spoken-language.js';
import { createAnswer, type Understanding, type UnderstandingEvent } from '../understanding.js';
import { sendEvents } from './event-stream.js';
import type { Route } from './http-door.js';
import { formatTranscript, transcriptText } from './transcript-formats.js';
import { readTranscriptionForm, type TranscriptionForm } from './transcription-form.js';
import { typedResults } from './typed-results.js';
import { transcriptionTokenUsage } from './usage.js';

/** `POST /v1/audio/transcriptions`. */
export function transcriptions(understanding: Understanding): Route {
  return async (request, reply, call) => {
    const form = await readTranscriptionForm(request);
    await requireLanguage(form.language, 'language', understanding, call);
    const recording = { wish: form.wish, model: form.model, audio: [form.audio] };
    if (form.stream) {
      await sendEvents(reply, transcriptEvents(form, understanding.stream(recording, call)), call);
      return undefined;
    }
    const answer = await understanding.answer(recording, call);
    const more = form.wantsResults ? { osum: typedResults(answer) } : {};
    const { contentType, body } = formatTranscript(answer, form, more);
    return reply.type(contentType).send(body);
  };
}

/** `transcript.text.delta` as the model prints, then one `transcript.text.done`. */
async function* transcriptEvents(
  { wantsResults }: TranscriptionForm,
  events: AsyncIterable<UnderstandingEvent>,
): AsyncIterable<object> {
  const collected = createAnswer();
  let printed = '';
  let openUtterance = -1;
  for await (const event of events) {
    collected.add(event);
    if (event.case !== 'event' || event.value.event.case !== 'transcriptDelta') continue;
    const text = event.value.event.value;
    const delta = event.value.utterance === openUtterance ? text : separatorBetween(printed, text) + text;
    openUtterance = event.value.utterance;
    printed += delta;
    yield { type: 'transcript.text.delta', delta };
  }
  const answer = collected.answer();
  yield {
    type: 'transcript.text.done',
    text: transcriptText(answer.utterances),
    usage: transcriptionTokenUsage(answer),
    ...(wantsResults && { osum: typedResults(answer) }),
  };
}
