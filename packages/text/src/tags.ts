import { isTask, TASKS, type Task } from './tasks.js';

/** Why a tag string is refused. */
export type TagErrorCode = 'EMPTY' | 'MALFORMED' | 'UNKNOWN_TAG' | 'DUPLICATE_TAG';

/** A tag string that names no plan; the message says what was expected and what came. */
export class TagError extends Error {
  constructor(
    readonly code: TagErrorCode,
    message: string,
    readonly details: Readonly<Record<string, string>>,
  ) {
    super(message);
    this.name = 'TagError';
  }
}

/** The keys under which upstream's data sets file two of the tasks. */
const DATASET_KEYS: ReadonlyMap<string, Task> = new Map([
  ['transcribe', 'asr'],
  ['s2tchat', 'chat'],
]);

/** The task a tag's word names, in any letter case (`asr`, `ASR`, `TRANSCRIBE`), or undefined. */
export function taskOfTag(word: string): Task | undefined {
  const lower = word.trim().toLowerCase();
  return isTask(lower) ? lower : DATASET_KEYS.get(lower);
}

/**
 * `<asr><age>` -> `['asr', 'age']`, in the order written. White space between tags is ignored.
 * @throws {TagError} on an empty string, text outside of brackets, an unknown tag, or a tag given twice.
 */
export function parseTags(text: string): Task[] {
  const known = printTags(TASKS);
  if (text.trim() === '') {
    throw new TagError(
      'EMPTY',
      `expected task tags such as <asr><age>, got an empty string; known tags: ${known}`,
      {},
    );
  }
  if (!/^\s*(?:<[^<>]*>\s*)+$/.test(text)) {
    const shown = abbreviate(text);
    throw new TagError('MALFORMED', `expected nothing but task tags such as <asr><age>, got "${shown}"`, {
      text: shown,
    });
  }
  const tasks: Task[] = [];
  for (const [tag, word] of text.matchAll(/<([^<>]*)>/g)) {
    const task = taskOfTag(word ?? '');
    if (task === undefined) {
      const shown = abbreviate(tag);
      throw new TagError('UNKNOWN_TAG', `unknown tag ${shown}; known tags: ${known}`, { tag: shown });
    }
    if (tasks.includes(task)) {
      throw new TagError('DUPLICATE_TAG', `tag <${task}> is given twice; write each tag once`, {
        tag: `<${task}>`,
      });
    }
    tasks.push(task);
  }
  return tasks;
}

/** `['asr', 'age']` -> `<asr><age>`, without spaces, as the model prints it. */
export function printTags(tasks: readonly Task[]): string {
  return tasks.map((task) => `<${task}>`).join('');
}

function abbreviate(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}...`;
}
