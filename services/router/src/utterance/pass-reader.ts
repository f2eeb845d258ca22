import type { MessageInitShape } from '@bufbuild/protobuf';
import { FinishReason, type PassFinished, type ResultEventSchema, type Token } from '@osum/proto';
import {
  type Label,
  type OutputEvent,
  OutputParser,
  type ParsedOutput,
  type PassPlan,
  type Word,
} from '@osum/text';
import { labelPart } from './label-part.js';

/** The content of a ResultEvent. */
export type ResultEventInit = NonNullable<MessageInitShape<typeof ResultEventSchema>['event']>;

/** A word with its times in the recording. */
export interface TimedWord {
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** What one pass came to. */
export interface PassOutcome {
  readonly pass: PassPlan;
  readonly parsed: ParsedOutput;
  readonly words: readonly TimedWord[];
  /** Geometric mean of the probabilities of the transcript's tokens; 0 without any. */
  readonly transcriptConfidence: number;
  /** How it ended; undefined if it was broken off. */
  readonly finished: PassFinished | undefined;
  /** What cut it short, if anything did. */
  readonly truncated: Truncation | null;
}

/** What cuts an answer short, as words that follow its subject. */
export type Truncation = 'reached the limit on new tokens' | 'repeated itself and was stopped';

const truncations: ReadonlyMap<FinishReason | undefined, Truncation> = new Map([
  [FinishReason.LENGTH, 'reached the limit on new tokens'],
  [FinishReason.REPETITION, 'repeated itself and was stopped'],
]);

/** Reads the output of one pass while it is printed. */
export interface PassReader {
  /** What these tokens tell, of the tasks that this pass answers. */
  tokens(tokens: readonly Token[]): ResultEventInit[];
  /** What the end of the pass tells. */
  finish(finished: PassFinished): ResultEventInit[];
  /** What the pass came to; of a pass that is not finished, what there is. */
  outcome(): PassOutcome;
}

/**
 * See {@link PassReader}.
 *
 * @param options.offsetSeconds Begin of the utterance in the recording; added to word times.
 * @param options.isUntrained Whether the package never learnt a label: such labels are not reported.
 */
export function createPassReader(
  pass: PassPlan,
  options: { offsetSeconds: number; isUntrained: (label: Label) => boolean },
): PassReader {
  const parser = new OutputParser({ expected: pass.tasks });
  const answers = new Set(pass.answers);
  const hasTranscript = answers.has('asr') || answers.has('align');
  let transcriptLogProbability = 0;
  let transcriptTokens = 0;
  let finished: PassFinished | undefined;
  let parsed: ParsedOutput | undefined;

  const timed = ({ text, startSeconds, endSeconds }: Word): TimedWord[] => {
    const start = startSeconds ?? endSeconds;
    const end = endSeconds ?? startSeconds;
    if (start === undefined || end === undefined) return [];
    return [{ text, startSeconds: start + options.offsetSeconds, endSeconds: end + options.offsetSeconds }];
  };

  const eventsOf = (event: OutputEvent): ResultEventInit[] => {
    switch (event.type) {
      case 'tags':
        return [{ case: 'tags', value: event.tags }];
      case 'transcriptDelta':
        return hasTranscript ? [{ case: 'transcriptDelta', value: event.text }] : [];
      case 'word':
        return answers.has('align') ? timed(event).map((value) => ({ case: 'word', value })) : [];
      case 'label':
        return answers.has(event.task) && event.label !== undefined && !options.isUntrained(event)
          ? [labelPart(event.task, { label: event.label, confidence: event.confidence ?? 0 })]
          : [];
      case 'replyDelta':
        return answers.has('chat') ? [{ case: 'replyDelta', value: event.text }] : [];
      default:
        return [];
    }
  };

  const end = () => {
    if (parsed !== undefined) return [];
    const ending = parser.finish();
    parsed = ending.result;
    return ending.events;
  };

  return {
    tokens: (tokens) =>
      tokens.flatMap(({ text, logProbability }) => {
        const events = parser.push(text, logProbability);
        if (events.some(({ type }) => type === 'transcriptDelta')) {
          transcriptLogProbability += logProbability;
          transcriptTokens += 1;
        }
        return events.flatMap(eventsOf);
      }),
    finish(passFinished) {
      finished = passFinished;
      return end().flatMap(eventsOf);
    },
    outcome() {
      end();
      return {
        pass,
        parsed: parsed!,
        words: answers.has('align') ? parsed!.words.flatMap(timed) : [],
        transcriptConfidence:
          transcriptTokens === 0 ? 0 : Math.exp(transcriptLogProbability / transcriptTokens),
        finished,
        truncated: truncations.get(finished?.reason) ?? null,
      };
    },
  };
}
