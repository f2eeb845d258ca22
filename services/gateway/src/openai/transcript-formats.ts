import type { UtteranceResult } from '@osum/proto';

/** Formats of a transcription that this door writes. */
export const transcriptFormats = ['json', 'text', 'srt', 'verbose_json', 'vtt'] as const;
/** One of them. */
export type TranscriptFormat = (typeof transcriptFormats)[number];

/** What a transcription is answered with: a text of some type, or a JSON value. */
export type FormattedTranscript = { contentType: string; body: string };

/** A recording's transcript in the format that was asked for. Values that the model does not give are left out, not invented. */
export function formatTranscript(
  utterances: readonly UtteranceResult[],
  format: TranscriptFormat,
  { language, words }: { language: string | undefined; words: boolean },
): FormattedTranscript {
  const text = transcriptText(utterances);
  switch (format) {
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
    case 'srt':
      return { contentType: 'application/x-subrip; charset=utf-8', body: subtitles(utterances, ',', '') };
    case 'vtt':
      return { contentType: 'text/vtt; charset=utf-8', body: subtitles(utterances, '.', 'WEBVTT\n\n') };
    case 'json':
      return json({ text, usage: usageOf(utterances) });
    case 'verbose_json':
      return json({
        task: 'transcribe',
        ...(language !== undefined && { language }),
        duration: utterances.at(-1)?.endSeconds ?? 0,
        text,
        segments: utterances.map(({ result, startSeconds, endSeconds }, id) => ({
          id,
          start: startSeconds,
          end: endSeconds,
          text: result?.transcript?.text ?? '',
          avg_logprob: logarithm(result?.transcript?.confidence),
        })),
        ...(words && { words: wordsOf(utterances) }),
        usage: usageOf(utterances),
      });
  }
}

/** The texts of all utterances, one after the other. */
export function transcriptText(utterances: readonly UtteranceResult[]): string {
  return utterances
    .map(({ result }) => result?.transcript?.text ?? '')
    .filter((text) => text !== '')
    .join(' ');
}

/** What a recording is billed by, in OpenAI's words. */
export function usageOf(utterances: readonly UtteranceResult[]): { type: 'duration'; seconds: number } {
  const seconds = utterances.reduce((total, { result }) => total + (result?.usage?.audioSeconds ?? 0), 0);
  return { type: 'duration', seconds: Math.ceil(seconds) };
}

function wordsOf(utterances: readonly UtteranceResult[]): { word: string; start: number; end: number }[] {
  return utterances.flatMap(({ result }) =>
    (result?.transcript?.words ?? []).map(({ text, startSeconds, endSeconds }) => ({
      word: text,
      start: startSeconds,
      end: endSeconds,
    })),
  );
}

function subtitles(utterances: readonly UtteranceResult[], decimalMark: string, head: string): string {
  const cues = utterances.map(
    ({ result, startSeconds, endSeconds }, index) =>
      `${index + 1}\n${clock(startSeconds, decimalMark)} --> ${clock(endSeconds, decimalMark)}\n${result?.transcript?.text ?? ''}\n`,
  );
  return head + cues.join('\n');
}

/** `hh:mm:ss,mmm`. */
function clock(seconds: number, decimalMark: string): string {
  const milliseconds = Math.round(seconds * 1000);
  const part = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, '0');
  const time = `${part(milliseconds / 3_600_000, 2)}:${part((milliseconds / 60_000) % 60, 2)}:${part((milliseconds / 1000) % 60, 2)}`;
  return `${time}${decimalMark}${part(milliseconds % 1000, 3)}`;
}

function logarithm(confidence: number | undefined): number | null {
  return confidence === undefined || confidence <= 0 ? null : Math.log(confidence);
}

function json(value: object): FormattedTranscript {
  return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}
