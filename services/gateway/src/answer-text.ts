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
