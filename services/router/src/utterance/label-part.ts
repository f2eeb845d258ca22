import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TaskStatusSchema } from '@osum/proto';
import type { LabelTask } from '@osum/text';

/** A label of a result, or why there is none. */
export interface LabelInit {
  readonly label?: string;
  readonly confidence?: number;
  readonly status?: MessageInitShape<typeof TaskStatusSchema>;
}

const fields = {
  emotion: 'emotion',
  style: 'style',
  caption: 'soundEvent',
  gender: 'gender',
  age: 'age',
} as const satisfies Record<LabelTask, string>;

/** Field of Result, and case of ResultEvent, that holds the label of a task. */
export type LabelField = (typeof fields)[LabelTask];

/** The label of a task as a case of ResultEvent. */
export function labelPart(task: LabelTask, value: LabelInit): { case: LabelField; value: LabelInit } {
  return { case: fields[task], value };
}

/** The label of a task as a field of Result. */
export function labelField(task: LabelTask, value: LabelInit): { [field in LabelField]?: LabelInit } {
  return { [fields[task]]: value };
}
