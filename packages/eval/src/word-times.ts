import { alignSequences } from './align-sequences.js';
import { textUnits } from './text-units.js';

/** A word and when it is said, in seconds. */
export interface TimedWord {
  readonly w: string;
  readonly start: number;
  readonly end: number;
}

/** How far the times of one utterance's words are off. */
export interface WordTimeErrors {
  /** Words of the reference. */
  readonly words: number;
  /** |difference| of the starts, in ms, of the words that were found. */
  readonly startErrorsMs: readonly number[];
  /** |difference| of the ends, in ms. */
  readonly endErrorsMs: readonly number[];
}

/** A unit of a word; only the first one of a word tells its start, only the last one its end. */
interface TimedUnit {
  readonly unit: string;
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/**
 * Compares the times of words that both sides have. The two word sequences are aligned by their units (see {@link textUnits}), so
 * a Chinese word of the reference may be answered character by character; an edge is compared where both sides tell it.
 */
export function wordTimeErrors(
  reference: readonly TimedWord[],
  hypothesis: readonly TimedWord[],
): WordTimeErrors {
  const wanted = reference.flatMap(timedUnits);
  const given = hypothesis.flatMap(timedUnits);
  const startErrorsMs: number[] = [];
  const endErrorsMs: number[] = [];
  for (const [i, j] of alignSequences(unitsOf(wanted), unitsOf(given))) {
    compare(wanted[i]!.start, given[j]!.start, startErrorsMs);
    compare(wanted[i]!.end, given[j]!.end, endErrorsMs);
  }
  return { words: wanted.filter(({ start }) => start !== undefined).length, startErrorsMs, endErrorsMs };
}

/** Which edge of the words is looked at. */
export type WordEdge = 'start' | 'end';

/** The errors of one edge of all words that were found, in ms. */
export function edgeErrorsMs(errors: readonly WordTimeErrors[], edge: WordEdge): Float64Array {
  // flatMap over the words of a thousand bootstrap samples would take most of the time of a report.
  const pooled = new Float64Array(errors.reduce((sum, one) => sum + errorsAt(one, edge).length, 0));
  let position = 0;
  for (const one of errors) {
    pooled.set(errorsAt(one, edge), position);
    position += errorsAt(one, edge).length;
  }
  return pooled;
}

/** Share of the references' words whose edge is found within `toleranceMs`; a word that is not found counts as missed. */
export function edgesWithin(errors: readonly WordTimeErrors[], edge: WordEdge, toleranceMs: number): number {
  let hits = 0;
  let words = 0;
  for (const one of errors) {
    for (const ms of errorsAt(one, edge)) if (ms <= toleranceMs) hits += 1;
    words += one.words;
  }
  return hits / words;
}

function errorsAt({ startErrorsMs, endErrorsMs }: WordTimeErrors, edge: WordEdge): readonly number[] {
  return edge === 'start' ? startErrorsMs : endErrorsMs;
}

function timedUnits({ w, start, end }: TimedWord): TimedUnit[] {
  const units = textUnits(w);
  return units.map((unit, index) => ({
    unit,
    start: index === 0 ? start : undefined,
    end: index === units.length - 1 ? end : undefined,
  }));
}

function unitsOf(timed: readonly TimedUnit[]): string[] {
  return timed.map(({ unit }) => unit);
}

function compare(wanted: number | undefined, given: number | undefined, errorsMs: number[]): void {
  // Times are told to a microsecond at best: what is below that is rounding of the binary fractions.
  if (wanted !== undefined && given !== undefined)
    errorsMs.push(Math.round(Math.abs(wanted - given) * 1e6) / 1e3);
}
