/**
 * What a reply must be like to fit an intent. `training/data/chat/RUBRIC.md` states it, and training checks it by the same rule.
 *
 * A pattern is a word, or several in a row; `*` at its end lets the last word go on: `good night*` is in `good nights`.
 */
export interface ReplyRubric {
  /** Of each group, at least one pattern occurs. */
  readonly needs: readonly (readonly string[])[];
  /** None of these patterns occurs. */
  readonly forbids: readonly string[];
  /** The least and the most words. */
  readonly words: readonly [least: number, most: number];
  /** How often one word may occur. */
  readonly repeats: number;
}

/** Whether a reply fits. */
export function replyFits(rubric: ReplyRubric, reply: string): boolean {
  return replyFaults(rubric, reply).length === 0;
}

/** Why a reply does not fit, a phrase each; none if it does. */
export function replyFaults({ needs, forbids, words, repeats }: ReplyRubric, reply: string): string[] {
  const said = replyWords(reply);
  const text = ` ${said.join(' ')} `;
  const occurs = (pattern: string) =>
    text.includes(pattern.endsWith('*') ? ` ${pattern.slice(0, -1)}` : ` ${pattern} `);
  const [least, most] = words;
  const isLengthWrong = said.length < least || said.length > most;
  const repeated = [...countsOf(said)].filter(([, count]) => count > repeats);
  return [
    ...(isLengthWrong ? [`has ${said.length} words, not ${least} to ${most}`] : []),
    ...repeated.map(([word, count]) => `says "${word}" ${count} times`),
    ...needs.filter((group) => !group.some(occurs)).map((group) => `says none of: ${group.join(', ')}`),
    ...forbids.filter(occurs).map((pattern) => `says "${pattern}"`),
  ];
}

/** Words of `a` to `z` and apostrophes, in lower case; apostrophes at the edge of a word are dropped. */
function replyWords(reply: string): string[] {
  const runs =
    reply
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[a-z']+/g) ?? [];
  return runs.map((run) => run.replace(/^'+|'+$/g, '')).filter((word) => word !== '');
}

function countsOf(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
