import type { MessageInitShape } from '@bufbuild/protobuf';
import type { riva, UtteranceResult } from '@osum/proto';
import { answerText } from '../answer-text.js';
import type { UnderstandingEvent } from '../understanding.js';

const millisecondsPerSecond = 1000;

/** How likely the text of an open utterance is to stay, in Riva's 0..1: partial results are replaced as a whole. */
const partialStability = 0.1;

/** Channels are mixed, so all results are of the first. */
const channelTag = 1;

/** One final result of `Recognize`. */
export function recognitionResultFrom(
  utterance: UtteranceResult,
  languageCode: string,
): MessageInitShape<typeof riva.SpeechRecognitionResultSchema> {
  return {
    alternatives: [alternativeFrom(utterance, languageCode)],
    channelTag,
    audioProcessed: utterance.endSeconds,
  };
}

/** The result of `StreamingRecognize` that an event of the router gives, if it gives one. */
export function streamingResultFrom(
  event: UnderstandingEvent,
  languageCode: string,
): MessageInitShape<typeof riva.StreamingRecognitionResultSchema> | undefined {
  if (event.case === 'partial') {
    const { text, endSeconds } = event.value;
    return {
      alternatives: [{ transcript: text, languageCode: languagesOf(languageCode) }],
      isFinal: false,
      stability: partialStability,
      channelTag,
      audioProcessed: endSeconds,
    };
  }
  if (event.case !== 'result') return undefined;
  return {
    alternatives: [alternativeFrom(event.value, languageCode)],
    isFinal: true,
    stability: 1,
    channelTag,
    audioProcessed: event.value.endSeconds,
  };
}

/** What was understood of an utterance as Riva's single alternative; labels and replies, where asked for, stand in its transcript. */
function alternativeFrom(
  { result }: UtteranceResult,
  languageCode: string,
): MessageInitShape<typeof riva.SpeechRecognitionAlternativeSchema> {
  const transcript = result?.transcript;
  return {
    transcript: answerText(result),
    confidence: transcript?.confidence ?? 0,
    languageCode: languagesOf(languageCode),
    words: (transcript?.words ?? []).map((word) => ({
      word: word.text,
      startTime: Math.round(word.startSeconds * millisecondsPerSecond),
      endTime: Math.round(word.endSeconds * millisecondsPerSecond),
      languageCode,
    })),
  };
}

function languagesOf(languageCode: string): string[] {
  return languageCode === '' ? [] : [languageCode];
}
