import type { Result } from '@osum/proto';

/**
 * A result as one text, for doors that have a single text to answer with: the transcript, the reply on a line of its own, and the
 * labels as the model prints them, in the order asked for: `hello<ADULT><HAPPY>`.
 */
export function answerText(result: Result | undefined): string {
  if (result === undefined) return '';
  const texts = [result.transcript?.text, result.reply?.text].filter(Boolean).join('\n');
  const tasks = [...result.tags.matchAll(/<(\w+)>/g)].map(([, task]) => task);
  const labels = tasks.flatMap((task) => labelOf(result, task) || []);
  return texts + labels.map((label) => `<${label}>`).join('');
}

function labelOf(result: Result, task: string | undefined): string | undefined {
  switch (task) {
    case 'emotion':
    case 'style':
    case 'gender':
    case 'age':
      return result[task]?.label;
    case 'caption':
      return result.soundEvent?.label;
    default:
      return undefined;
  }
}

/** What stands between the texts of two utterances: a space, save where Chinese meets Chinese. */
export function separatorBetween(before: string, after: string): '' | ' ' {
  if (before === '' || after === '') return '';
  return /\p{Script=Han}$/u.test(before) && /^\p{Script=Han}/u.test(after) ? '' : ' ';
}

/** The texts of utterances, one after the other. */
export function joinTexts(texts: readonly string[]): string {
  return texts.reduce((joined, text) => joined + separatorBetween(joined, text) + text, '');
}
