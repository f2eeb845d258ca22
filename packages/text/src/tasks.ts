/**
 * What the model can be asked for; the name is the word inside the output tag (`asr` is printed as `<asr>`).
 * Source: the model reference, section 7.
 */
export type Task = 'asr' | 'align' | 'chat' | 'caption' | 'age' | 'gender' | 'style' | 'emotion';

/** Tasks whose answer is one label out of a fixed set. */
export type LabelTask = 'caption' | 'age' | 'gender' | 'style' | 'emotion';

/**
 * Every task, in the order in which tags are written where no trained combination prescribes one: the order
 * that agrees with most of the trained combinations.
 */
export const TASKS: readonly Task[] = [
  'asr',
  'align',
  'chat',
  'caption',
  'age',
  'gender',
  'style',
  'emotion',
];

/** The label tasks, in the order of {@link TASKS}. */
export const LABEL_TASKS: readonly LabelTask[] = ['caption', 'age', 'gender', 'style', 'emotion'];

export function isTask(word: string): word is Task {
  return (TASKS as readonly string[]).includes(word);
}

export function isLabelTask(word: string): word is LabelTask {
  return (LABEL_TASKS as readonly string[]).includes(word);
}
