import { parseTags, printTags } from './tags.js';
import { TASKS, type Task } from './tasks.js';

/** The 22 tag sequences that OSUM-Pangu was trained on. Source: the model reference, section 7. */
export const OSUM_PANGU_COMBINATIONS: readonly string[] = [
  '<asr>',
  '<asr><align>',
  '<chat>',
  '<asr><chat>',
  '<asr><emotion>',
  '<emotion>',
  '<asr><style>',
  '<style>',
  '<asr><caption>',
  '<caption>',
  '<gender>',
  '<asr><gender>',
  '<asr><age>',
  '<age>',
  '<asr><age><gender>',
  '<age><gender>',
  '<asr><style><age><gender>',
  '<style><age><gender>',
  '<asr><caption><age><gender>',
  '<asr><emotion><age><gender>',
  '<asr><age><gender><style><emotion>',
  '<asr><caption><age><gender><emotion><style>',
];

/**
 * Every tag string that interpreting an instruction may produce: each trained combination in its trained
 * order, and each other set of supported tasks once, in the order of {@link TASKS}. The latter are served by
 * fanning out (`planPasses`).
 * @param combinations the package's trained tag strings.
 * @param supported the tasks the package supports; combinations with other tasks are left out.
 * @throws {TagError} on a combination that is not a tag string.
 */
export function legalTagStrings(combinations: readonly string[], supported: readonly Task[]): string[] {
  const canonical = TASKS.filter((task) => supported.includes(task));
  const trained = combinations
    .map(parseTags)
    .filter((tasks) => tasks.every((task) => canonical.includes(task)));
  const inOrder = (tasks: readonly Task[]) => printTags(canonical.filter((task) => tasks.includes(task)));
  const coveredSets = new Set(trained.map(inOrder));
  const others = subsetsOf(canonical).map(inOrder);
  return [...trained.map(printTags), ...others.filter((tags) => !coveredSets.has(tags))];
}

/** All non-empty subsets, each in the given order, smaller indices first. */
function subsetsOf(tasks: readonly Task[]): Task[][] {
  const count = 2 ** tasks.length;
  return Array.from({ length: count - 1 }, (_, index) => tasks.filter((_, bit) => ((index + 1) >> bit) & 1));
}
