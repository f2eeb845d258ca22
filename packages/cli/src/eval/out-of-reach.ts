import { LABEL_TASKS, type LabelTask, TASKS, type Task } from '@osum/text';
import type { Abilities } from './abilities.js';
import type { PlacedLine, Question } from './question.js';
import type { ScoredTask } from './reference.js';

/** Tasks that lines without tags or instruction know the answer to, but the package does not support: how many of them. */
export function unsupportedTasks(
  lines: readonly PlacedLine[],
  { supported }: Abilities,
  tasks: readonly ScoredTask[],
): Map<Task, number> {
  const counts = new Map<Task, number>();
  for (const { entry } of lines) {
    if (entry.tags !== undefined || entry.instruction !== undefined) continue;
    for (const task of TASKS) {
      if (supported.has(task) || !tasks.includes(task) || entry.reference[task] === undefined) continue;
      counts.set(task, (counts.get(task) ?? 0) + 1);
    }
  }
  return counts;
}

/** A label of a reference that the package never gives. */
export interface ForeignLabel {
  readonly task: LabelTask;
  readonly label: string;
  /** The first question that has it. */
  readonly first: Question;
  count: number;
}

/** The labels of the references that the package never gives: it was not trained on them. */
export function foreignLabels(questions: readonly Question[], { labels }: Abilities): ForeignLabel[] {
  const found = new Map<string, ForeignLabel>();
  for (const question of questions) {
    for (const task of LABEL_TASKS) {
      const label = question.reference[task];
      const known = labels.get(task);
      if (label === undefined || known === undefined || known.has(label)) continue;
      const entry = found.get(`${task} ${label}`) ?? { task, label, first: question, count: 0 };
      entry.count += 1;
      found.set(`${task} ${label}`, entry);
    }
  }
  return [...found.values()];
}
