import type { DescribeResponse } from '@osum/client';
import { isLabelTask, type LabelTask, type Task, taskOfTag } from '@osum/text';

/** What the model package behind a mesh can do. */
export interface Abilities {
  readonly model: string;
  readonly version: string;
  readonly supported: ReadonlySet<Task>;
  /** Labels that it may give, a task; a task whose labels it does not tell is absent. */
  readonly labels: ReadonlyMap<LabelTask, ReadonlySet<string>>;
}

/** Reads the abilities from what a mesh tells of itself. */
export function abilitiesOf({ model, version, tasks }: DescribeResponse): Abilities {
  const supported = new Set<Task>();
  const labels = new Map<LabelTask, Set<string>>();
  for (const described of tasks) {
    const task = taskOfTag(described.tag.replace(/^<|>$/g, ''));
    if (task === undefined) continue;
    if (described.supported) supported.add(task);
    if (!isLabelTask(task) || described.labels.length === 0) continue;
    const untrained = new Set(described.untrainedLabels);
    labels.set(task, new Set(described.labels.filter((label) => !untrained.has(label))));
  }
  return { model, version, supported, labels };
}
