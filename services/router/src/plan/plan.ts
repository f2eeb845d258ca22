import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PlanSchema, PlanSource } from '@osum/proto';
import { type PassPlan, planPasses, printTags, type Task } from '@osum/text';
import { type Capabilities, requireSupported } from './capabilities.js';
import { taskEnum } from './task-enum.js';

/** What will be asked of the model. */
export interface Plan {
  /** The wanted tasks, in the order asked for. */
  readonly tasks: readonly Task[];
  /** One or more decoding passes over the same speech; each wanted task is answered by exactly one. */
  readonly passes: readonly PassPlan[];
  /** Probability of the interpretation; 1 for tags given by the caller. */
  readonly score: number;
  readonly source: PlanSource;
  /** The caller's words, if there were any. */
  readonly instruction: string | undefined;
}

/**
 * The plan for wanted tasks: one pass for a trained combination, else the fewest trained ones that cover them.
 *
 * @throws MeshError `unsupportedTask` naming what the package can do.
 */
export function planFor(
  tasks: readonly Task[],
  capabilities: Capabilities,
  origin: Pick<Plan, 'score' | 'source' | 'instruction'>,
): Plan {
  requireSupported(tasks, capabilities);
  return { tasks, passes: planPasses(tasks, capabilities.combinations), ...origin };
}

/** The plan as the contract has it. */
export function planMessage({ tasks, passes, score, source }: Plan): MessageInitShape<typeof PlanSchema> {
  return {
    tags: printTags(tasks),
    tasks: tasks.map(taskEnum),
    passes: passes.map((pass) => ({ tags: pass.tags, tasks: pass.tasks.map(taskEnum) })),
    score,
    source,
  };
}
