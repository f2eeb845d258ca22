import type { LabelTask, Task } from '../tasks.js';

/**
 * A word or character of the transcript with its place in the audio, in seconds from the start of the
 * utterance.
 */
export interface Word {
  readonly text: string;
  readonly startSeconds?: number;
  readonly endSeconds?: number;
}

/** The printed answer of a label task. */
export interface Label {
  readonly task: LabelTask;
  /** One of `LABELS[task]`; absent where the printed word is none of them. */
  readonly label?: string;
  /** The word as printed, without brackets. */
  readonly raw: string;
  /**
   * The product of the probabilities of the tokens that printed it, brackets included; absent where none were
   * given.
   */
  readonly confidence?: number;
}

/** Output that does not fit the grammar. Nothing is lost: `ParsedOutput.raw` holds everything. */
export interface Malformed {
  readonly raw: string;
  readonly reason: string;
}

/** What the output turned out to say, in the order of printing. */
export type OutputEvent =
  | { readonly type: 'tags'; readonly tags: string; readonly tasks: readonly Task[] }
  | { readonly type: 'transcriptDelta'; readonly text: string }
  | ({ readonly type: 'word' } & Word)
  | ({ readonly type: 'label' } & Label)
  | { readonly type: 'thinkDelta'; readonly text: string }
  | { readonly type: 'replyDelta'; readonly text: string }
  | ({ readonly type: 'malformed' } & Malformed);

/** The whole output of one pass. */
export interface ParsedOutput {
  /** The text as the model printed it. */
  readonly raw: string;
  /** The printed tags, normalised (`<asr><age>`); empty where the model printed none. */
  readonly tags: string;
  /**
   * The tasks after which the rest was read: the printed ones, or the expected ones where no tag was printed.
   */
  readonly tasks: readonly Task[];
  /** Present where the tasks include a transcript, even an empty one. */
  readonly transcript?: string;
  readonly words: readonly Word[];
  /** In the order of printing; a label task without an answer has none. */
  readonly labels: readonly Label[];
  /** Present where a reply was printed. */
  readonly reply?: string;
  /** The reasoning between think markers, where there was any. */
  readonly thinking?: string;
  readonly malformed: readonly Malformed[];
}
