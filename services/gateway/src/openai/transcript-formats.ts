import type { Transcript, UtteranceResult } from '@osum/proto';
import { joinTexts } from '@osum/text';
import type { Answer } from '../understanding.js';
import { durationUsage } from './usage.js';

/** Formats of a transcription that this door writes. */
export const transcriptFormats = ['json', 'text', 'srt', 'verbose_json', 'vtt'] as const;

/** What a formatted transcript holds. */
export interface TranscriptWish {
  readonly format: (typeof transcriptFormats)[number];
  /** Language that the caller named; empty if none. */
  readonly language: string;
  readonly words: boolean;
  readonly segments: boolean;
}

/** A transcription as text of some type. */
export interface FormattedTranscript {
  readonly contentType: string;
  readonly body: string;
}

/**
 * A recording's transcript in the format that was asked for. Fields of verbose_json that the schema requires and the model does not
 * give are null, not invented.
 *
 * @param more further fields of the JSON formats.
 */
export function formatTranscript(answer: Answer, wish: TranscriptWish, more: object): FormattedTranscript {
  const { utterances } = answer;
  const text = transcriptText(utterances);
  switch (wish.format) {
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
    case 'srt':
      return { contentType: 'application/x-subrip; charset=utf-8', body: subtitles(utterances, 'srt') };
    case 'vtt':
      return { contentType: 'text/vtt; charset=utf-8', body: `WEBVTT\n\n${subtitles(utterances, 'vtt')}` };
    case 'json':
      return json({ text, usage: durationUsage(answer), ...more });
    case 'verbose_json':
      return json({
        task: 'transcribe',
        language: wish.language || null,
        duration: answer.summary?.audioSeconds ?? null,
        text,
        ...(wish.segments && { segments: utterances.map(segmentOf) }),
        ...(wish.words && { words: wordsOf(utterances) }),
        usage: durationUsage(answer),
        ...more,
      });
  }
}

/** The texts of all utterances, one after the other. */
export function transcriptText(utterances: readonly UtteranceResult[]): string {
  return joinTexts(utterances.map(({ result }) => result?.transcript?.text ?? ''));
}

function segmentOf({ result, startSeconds, endSeconds }: UtteranceResult, id: number): object {
  return {
    id,
    seek: null,
    start: startSeconds,
    end: endSeconds,
    text: result?.transcript?.text ?? '',
    tokens: null,
    temperature: 0,
    avg_logprob: logProbability(result?.transcript),
    compression_ratio: null,
    no_speech_prob: null,
  };
}

function logProbability(transcript: Transcript | undefined): number | null {
  return transcript === undefined || transcript.confidence <= 0 ? null : Math.log(transcript.confidence);
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

function subtitles(utterances: readonly UtteranceResult[], format: 'srt' | 'vtt'): string {
  const decimalMark = format === 'srt' ? ',' : '.';
  return utterances
    .map(({ result, startSeconds, endSeconds }) => ({
      time: `${clock(startSeconds, decimalMark)} --> ${clock(endSeconds, decimalMark)}`,
      text: (result?.transcript?.text ?? '').replace(/\s+/g, ' '),
    }))
    .filter(({ text }) => text !== '')
    .map(({ time, text }, index) => `${index + 1}\n${time}\n${format === 'vtt' ? escaped(text) : text}\n`)
    .join('\n');
}

/** WebVTT reads markup in cues. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** `hh:mm:ss,mmm`. */
function clock(seconds: number, decimalMark: string): string {
  const milliseconds = Math.round(seconds * 1000);
  const part = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, '0');
  const time = `${part(milliseconds / 3_600_000, 2)}:${part((milliseconds / 60_000) % 60, 2)}:${part((milliseconds / 1000) % 60, 2)}`;
  return `${time}${decimalMark}${part(milliseconds % 1000, 3)}`;
}

function json(value: object): FormattedTranscript {
  return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}
