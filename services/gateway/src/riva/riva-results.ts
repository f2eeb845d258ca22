import type { MessageInitShape } from '@bufbuild/protobuf';
import type { riva, UtteranceResult } from '@osum/proto';

const millisecondsPerSecond = 1000;

/** The transcript of an utterance as Riva's single alternative. */
export function alternativeFrom(
  { result }: UtteranceResult,
  languageCode: string,
): MessageInitShape<typeof riva.SpeechRecognitionAlternativeSchema> {
  const transcript = result?.transcript;
  return {
    transcript: transcript?.text ?? '',
    confidence: transcript?.confidence ?? 0,
    languageCode: languageCode === '' ? [] : [languageCode],
    words: (transcript?.words ?? []).map((word) => ({
      word: word.text,
      startTime: Math.round(word.startSeconds * millisecondsPerSecond),
      endTime: Math.round(word.endSeconds * millisecondsPerSecond),
      languageCode,
    })),
  };
}

/** One final result of `Recognize`. */
export function recognitionResultFrom(
  utterance: UtteranceResult,
  languageCode: string,
): MessageInitShape<typeof riva.SpeechRecognitionResultSchema> {
  return {
    alternatives: [alternativeFrom(utterance, languageCode)],
    channelTag: 1,
    audioProcessed: utterance.endSeconds,
  };
}
