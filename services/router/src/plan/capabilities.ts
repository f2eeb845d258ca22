import { MeshError } from '@osum/mesh';
import type { Manifest } from '@osum/nn';
import { isTask, parseTags, printTags, TASKS, type Task } from '@osum/text';

/** What a model package can do. */
export interface Capabilities {
  /** Tasks that may be asked for, in the order of TASKS. */
  readonly supported: readonly Task[];
  /** Trained combinations of supported tasks, as tags. */
  readonly combinations: readonly string[];
  /** The refusal of a wish that the package cannot fulfil; names what it can. */
  refusal(problem: string): MeshError;
}

/** Reads a package's capabilities from its manifest. */
export function capabilitiesOf({ name, tasks, combinations }: Manifest): Capabilities {
  const trained = combinations.map((tags) => ({ tags, tasks: parseTags(tags) }));
  const isSupported = (task: Task) => tasks[task]?.supported === true;
  // A task without any trained combination cannot be asked for, whatever the manifest says of it.
  const supported = TASKS.filter(
    (task) => isSupported(task) && trained.some((other) => other.tasks.includes(task)),
  );
  const usable = trained.filter((combination) => combination.tasks.every((task) => supported.includes(task)));
  return {
    supported,
    combinations: usable.map(({ tags }) => tags),
    refusal: (problem) =>
      new MeshError(
        'unsupportedTask',
        `${problem}; ${name} can do ${supported.map((task) => `<${task}>`).join(', ')}.`,
        {
          facts: { model: name, supported: printTags(supported) },
        },
      ),
  };
}

/** Throws `refusal` if one of the tasks is not supported. */
export function requireSupported(tasks: readonly Task[], { supported, refusal }: Capabilities): void {
  const missing = tasks.filter((task) => !supported.includes(task));
  if (missing.length > 0) throw refusal(`The model package cannot do ${printTags(missing)}`);
}

/** Tasks of a manifest that are known here, with what it says of them. */
export function describedTasks({ tasks }: Manifest): [Task, Manifest['tasks'][string]][] {
  return Object.entries(tasks).flatMap(([task, description]) => (isTask(task) ? [[task, description]] : []));
}
