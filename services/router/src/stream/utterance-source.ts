import { type AudioThread, collectUpTo, decodeAudio, splitUtterances } from '@osum/audio';
import { SAMPLE_RATE } from '@osum/nn';
import type { Utterance } from '../utterance/utterance.js';
import type { UnderstandSettings } from './understand-config.js';

/** What the audio of a call turns out to hold, in order. */
export type SourceEvent =
  /** Somebody began to speak. Live streams only. */
  | { readonly type: 'started'; readonly index: number; readonly startSample: number }
  /** The open utterance so far. Live streams only. */
  | { readonly type: 'open'; readonly utterance: Utterance }
  | { readonly type: 'closed'; readonly utterance: Utterance };

/** Options of {@link utterancesOf}. */
export interface SourceOptions {
  readonly settings: UnderstandSettings;
  readonly thread: AudioThread;
  /** Longest recording. */
  readonly maxAudioSeconds: number;
  /** Longest live stream. */
  readonly maxLiveSeconds: number;
  readonly maxUtteranceSeconds: number;
  readonly signal: AbortSignal;
  /** Told the length of each piece of decoded audio. */
  readonly onAudio: (seconds: number) => void;
}

/**
 * Decodes audio and cuts it into utterances. A recording that fits one utterance is one, whole; a longer one, and a live stream, is
 * cut at silence. Memory does not grow with the length of the audio.
 *
 * @throws AudioError for audio that cannot be used.
 */
export async function* utterancesOf(
  audio: AsyncIterable<Uint8Array>,
  options: SourceOptions,
): AsyncGenerator<SourceEvent, void, undefined> {
  const { settings, thread, maxUtteranceSeconds, signal } = options;
  const { live, format } = settings;
  const ending = live === undefined ? 'complete' : 'may-stop';
  const maxSeconds = live === undefined ? options.maxAudioSeconds : options.maxLiveSeconds;
  const decoded = counted(
    decodeAudio(audio, { thread, format, maxSeconds, ending, signal }),
    options.onAudio,
  );
  if (live !== undefined) {
    yield* split(decoded, options, {
      minSilenceSeconds: live.endSilenceSeconds,
      openEverySeconds: live.partialIntervalSeconds,
    });
    return;
  }
  const collected = await collectUpTo(decoded, maxUtteranceSeconds);
  if (collected.kind === 'longer') {
    yield* split(collected.samples, options, {});
  } else {
    const utterance = { index: 0, startSample: 0, samples: collected.samples, forcedCut: false };
    yield { type: 'closed', utterance };
  }
}

async function* split(
  samples: AsyncIterable<Float32Array>,
  { thread, maxUtteranceSeconds, signal }: SourceOptions,
  more: { minSilenceSeconds?: number; openEverySeconds?: number },
): AsyncGenerator<SourceEvent, void, undefined> {
  for await (const event of splitUtterances(samples, { thread, maxUtteranceSeconds, signal, ...more })) {
    const { index, startSample } = event;
    if (event.type === 'speechStarted') {
      yield { type: 'started', index, startSample };
    } else {
      const closed = event.type === 'utteranceClosed';
      const utterance = {
        index,
        startSample,
        samples: event.samples,
        forcedCut: closed && event.cut === 'limit',
      };
      yield { type: closed ? 'closed' : 'open', utterance };
    }
  }
}

async function* counted(
  samples: AsyncIterable<Float32Array>,
  onAudio: (seconds: number) => void,
): AsyncGenerator<Float32Array, void, undefined> {
  for await (const chunk of samples) {
    onAudio(chunk.length / SAMPLE_RATE);
    yield chunk;
  }
}
