/** When speech begins and ends, in frames. */
export interface SegmenterOptions {
  /** Probability from which a frame is speech. */
  readonly startThreshold: number;
  /** Probability below which a frame is silence; between the two nothing changes. */
  readonly endThreshold: number;
  /** Silence of this length ends a segment, at its first frame. */
  readonly minSilenceFrames: number;
  /** A segment with fewer frames of speech is noise. */
  readonly minSpeechFrames: number;
  /** A segment of this length is cut. */
  readonly maxFrames: number;
  /** A segment that must be cut is cut where speech is least likely among its last so many frames. */
  readonly cutSearchFrames: number;
}

/** Why a segment ended: silence, its greatest length, or the end of the audio. */
export type Cut = 'silence' | 'limit' | 'end';

export type SegmentEvent =
  /** From this frame on there is certainly speech. */
  | { readonly type: 'started'; readonly startFrame: number }
  | { readonly type: 'ended'; readonly startFrame: number; readonly endFrame: number; readonly cut: Cut };

interface Segment {
  readonly startFrame: number;
  /** Probability of each frame since the start. */
  readonly probabilities: number[];
  /** A segment that goes on where another was cut is speech from its first frame. */
  readonly minSpeechFrames: number;
  speechFrames: number;
  started: boolean;
  /** First frame of the silence that may end the segment. */
  silenceFrame: number | undefined;
}

/**
 * Turns the probability of speech in each frame into segments of speech. Segments do not overlap; after a cut
 * the next may begin at once.
 */
export class SpeechSegmenter {
  readonly #options: SegmenterOptions;
  #frame = 0;
  #segment: Segment | undefined;

  constructor(options: SegmenterOptions) {
    this.#options = options;
  }

  /** First frame of the segment that is open, even if it may still turn out to be noise. */
  get openFrame(): number | undefined {
    return this.#segment?.startFrame;
  }

  push(probability: number): SegmentEvent[] {
    const events = this.#take(probability, this.#options.minSpeechFrames);
    const segment = this.#segment;
    if (segment === undefined || segment.probabilities.length < this.#options.maxFrames) return events;
    return [...events, ...this.#cut(segment)];
  }

  /** Ends the audio. */
  finish(): SegmentEvent[] {
    const segment = this.#segment;
    this.#segment = undefined;
    return segment === undefined ? [] : ended(segment, segment.silenceFrame ?? this.#frame, 'end');
  }

  /** @param minSpeechFrames for a segment that begins with this frame. */
  #take(probability: number, minSpeechFrames: number): SegmentEvent[] {
    const { startThreshold, endThreshold, minSilenceFrames } = this.#options;
    const frame = this.#frame++;
    const isSpeech = probability >= startThreshold;
    if (this.#segment === undefined) {
      if (!isSpeech) return [];
      this.#segment = openSegment(frame, minSpeechFrames);
    }
    const segment = this.#segment;
    segment.probabilities.push(probability);
    if (isSpeech) {
      segment.silenceFrame = undefined;
      segment.speechFrames++;
      if (!segment.started && segment.speechFrames >= segment.minSpeechFrames) {
        segment.started = true;
        return [{ type: 'started', startFrame: segment.startFrame }];
      }
    } else if (probability < endThreshold) {
      segment.silenceFrame ??= frame;
    }
    if (segment.silenceFrame === undefined || frame + 1 - segment.silenceFrame < minSilenceFrames) return [];
    this.#segment = undefined;
    return ended(segment, segment.silenceFrame, 'silence');
  }

  /** Ends the segment at its quietest late frame, and reads the frames from there on again. */
  #cut(segment: Segment): SegmentEvent[] {
    const cutIndex = quietestIndex(segment.probabilities, this.#options.cutSearchFrames);
    const rest = segment.probabilities.slice(cutIndex);
    this.#segment = undefined;
    this.#frame = segment.startFrame + cutIndex;
    const events = ended(segment, this.#frame, 'limit');
    return [
      ...events,
      ...rest.flatMap((probability) =>
        this.#take(probability, segment.started ? 1 : segment.minSpeechFrames),
      ),
    ];
  }
}

function openSegment(startFrame: number, minSpeechFrames: number): Segment {
  return {
    startFrame,
    probabilities: [],
    minSpeechFrames,
    speechFrames: 0,
    started: false,
    silenceFrame: undefined,
  };
}

function ended({ startFrame, started }: Segment, endFrame: number, cut: Cut): SegmentEvent[] {
  return started ? [{ type: 'ended', startFrame, endFrame, cut }] : [];
}

/**
 * The frame among the last `searchFrames` with the least speech in it and, at half weight, its neighbours;
 * the latest on ties.
 */
function quietestIndex(probabilities: readonly number[], searchFrames: number): number {
  const first = Math.max(1, probabilities.length - searchFrames);
  let quietest = first;
  let least = Number.POSITIVE_INFINITY;
  for (let index = first; index < probabilities.length; index++) {
    const probability = probabilities[index]!;
    const speech =
      probabilities[index - 1]! / 2 + probability + (probabilities[index + 1] ?? probability) / 2;
    if (speech <= least) {
      least = speech;
      quietest = index;
    }
  }
  return quietest;
}
