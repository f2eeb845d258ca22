import { abortable } from '../abortable.js';
import { concatSamples } from '../collect.js';
import { TARGET_SAMPLE_RATE_HZ } from '../sample-rate.js';
import type { AudioThread } from '../thread/audio-thread.js';
import { SampleWindow } from './sample-window.js';
import { type Cut, type SegmentEvent, SpeechSegmenter } from './speech-segmenter.js';
import { VOICE_FRAME_SAMPLES } from './voice-frame.js';

export interface SplitOptions {
  /** Where speech is detected. */
  readonly thread: AudioThread;
  /** Greatest length of an utterance, its margins included. Default 30. */
  readonly maxUtteranceSeconds?: number;
  /** Silence of this length ends an utterance. Default 0.6. */
  readonly minSilenceSeconds?: number;
  /** Less speech than this is noise. Default 0.25. */
  readonly minSpeechSeconds?: number;
  /** Audio kept before and after the speech. Default 0.2. */
  readonly marginSeconds?: number;
  /**
   * An utterance without a pause is cut in its last so many seconds, where speech is least likely. Default 5.
   */
  readonly cutSearchSeconds?: number;
  /** Report the open utterance whenever so much audio has come since the last report. Default: not at all. */
  readonly openEverySeconds?: number;
  readonly signal?: AbortSignal;
}

/**
 * Sample offsets are absolute, at 16 kHz, from the start of the stream; utterances are numbered from 0 and
 * never overlap.
 */
export type UtteranceEvent =
  /** Somebody is speaking. */
  | { readonly type: 'speechStarted'; readonly index: number; readonly startSample: number }
  /** The utterance so far. */
  | {
      readonly type: 'utteranceOpen';
      readonly index: number;
      readonly startSample: number;
      readonly samples: Float32Array;
    }
  | {
      readonly type: 'utteranceClosed';
      readonly index: number;
      readonly startSample: number;
      readonly endSample: number;
      readonly samples: Float32Array;
      readonly cut: Cut;
    };

/**
 * Probabilities (Silero's own recommendation) from which a frame is speech, and below which it is silence.
 */
const START_THRESHOLD = 0.5;
const END_THRESHOLD = 0.35;
/** Frames looked at in one call, half a second of audio, so that streams take turns. */
const MOST_FRAMES_A_CALL = 16;

/**
 * Cuts a stream into utterances at silence. Audio without speech yields nothing. Holds at most one utterance
 * and a chunk in memory.
 * @param samples at 16 kHz, chunks of any length.
 */
export async function* splitUtterances(
  samples: AsyncIterable<Float32Array>,
  options: SplitOptions,
): AsyncGenerator<UtteranceEvent> {
  const { thread, signal } = options;
  const voice = await thread.openVoice();
  const splitter = new UtteranceSplitter(options);
  let rest = new Float32Array();
  try {
    for await (const chunk of abortable(samples, signal)) {
      splitter.append(chunk);
      const pending = concatSamples([rest, chunk]);
      const wholeSamples = pending.length - (pending.length % VOICE_FRAME_SAMPLES);
      for (let start = 0; start < wholeSamples; start += MOST_FRAMES_A_CALL * VOICE_FRAME_SAMPLES) {
        const end = Math.min(start + MOST_FRAMES_A_CALL * VOICE_FRAME_SAMPLES, wholeSamples);
        for (const probability of await voice.probabilities(pending.slice(start, end)))
          yield* splitter.push(probability);
        signal?.throwIfAborted();
      }
      rest = pending.slice(wholeSamples);
    }
    if (rest.length > 0) {
      const lastFrame = new Float32Array(VOICE_FRAME_SAMPLES);
      lastFrame.set(rest);
      for (const probability of await voice.probabilities(lastFrame)) yield* splitter.push(probability);
    }
    yield* splitter.finish();
  } finally {
    await voice.close();
  }
}

/** Puts frames and samples together: frame probabilities in, utterances with their samples out. */
class UtteranceSplitter {
  readonly #segmenter: SpeechSegmenter;
  readonly #window = new SampleWindow();
  readonly #marginSamples: number;
  readonly #openEverySamples: number;
  #frames = 0;
  #index = -1;
  /** End of the last utterance: the next one's margin does not reach behind it. */
  #lastEnd = 0;
  #open: { readonly startSample: number; reportedEnd: number } | undefined;

  constructor(options: SplitOptions) {
    const { maxUtteranceSeconds = 30, minSilenceSeconds = 0.6, minSpeechSeconds = 0.25 } = options;
    const {
      marginSeconds = 0.2,
      cutSearchSeconds = 5,
      openEverySeconds = Number.POSITIVE_INFINITY,
    } = options;
    this.#marginSamples = Math.round(marginSeconds * TARGET_SAMPLE_RATE_HZ);
    this.#openEverySamples = openEverySeconds * TARGET_SAMPLE_RATE_HZ;
    this.#segmenter = new SpeechSegmenter({
      startThreshold: START_THRESHOLD,
      endThreshold: END_THRESHOLD,
      minSilenceFrames: framesOf(minSilenceSeconds),
      minSpeechFrames: framesOf(minSpeechSeconds),
      maxFrames: Math.floor(
        ((maxUtteranceSeconds - 2 * marginSeconds) * TARGET_SAMPLE_RATE_HZ) / VOICE_FRAME_SAMPLES,
      ),
      cutSearchFrames: framesOf(cutSearchSeconds),
    });
  }

  append(samples: Float32Array): void {
    this.#window.append(samples);
  }

  *push(probability: number): Generator<UtteranceEvent> {
    this.#frames++;
    for (const event of this.#segmenter.push(probability)) yield* this.#follow(event);
    yield* this.#reportOpen();
    const heldFrame = this.#segmenter.openFrame ?? this.#frames;
    this.#window.dropBefore(heldFrame * VOICE_FRAME_SAMPLES - this.#marginSamples);
  }

  *finish(): Generator<UtteranceEvent> {
    for (const event of this.#segmenter.finish()) yield* this.#follow(event);
  }

  *#follow(event: SegmentEvent): Generator<UtteranceEvent> {
    if (event.type === 'started') {
      const startSample = Math.max(
        event.startFrame * VOICE_FRAME_SAMPLES - this.#marginSamples,
        this.#lastEnd,
      );
      this.#index++;
      this.#open = { startSample, reportedEnd: startSample };
      yield { type: 'speechStarted', index: this.#index, startSample };
    } else if (this.#open !== undefined) {
      const { startSample } = this.#open;
      const margin = event.cut === 'limit' ? 0 : this.#marginSamples;
      const endSample = Math.min(event.endFrame * VOICE_FRAME_SAMPLES + margin, this.#window.end);
      this.#open = undefined;
      this.#lastEnd = endSample;
      const samples = this.#window.slice(startSample, endSample);
      yield { type: 'utteranceClosed', index: this.#index, startSample, endSample, samples, cut: event.cut };
    }
  }

  *#reportOpen(): Generator<UtteranceEvent> {
    const open = this.#open;
    const end = this.#frames * VOICE_FRAME_SAMPLES;
    if (open === undefined || end - open.reportedEnd < this.#openEverySamples) return;
    open.reportedEnd = end;
    const samples = this.#window.slice(open.startSample, end);
    yield { type: 'utteranceOpen', index: this.#index, startSample: open.startSample, samples };
  }
}

function framesOf(seconds: number): number {
  return Math.max(1, Math.round((seconds * TARGET_SAMPLE_RATE_HZ) / VOICE_FRAME_SAMPLES));
}
