import { parseTags, printTags } from './tags.js';
import { TASKS, type Task } from './tasks.js';

/** One decoding pass over the speech. */
export interface PassPlan {
  /** The trained tag string to ask for, `<asr><age>`. */
  readonly tags: string;
  /** The tasks of the tag string, in its order. */
  readonly tasks: readonly Task[];
  /**
   * The requested tasks that are answered from this pass. Each requested task is answered by exactly one
   * pass.
   */
  readonly answers: readonly Task[];
}

/** Requested tasks that no trained combination contains. */
export class PlanError extends Error {
  readonly code = 'UNTRAINED';

  constructor(readonly tasks: readonly Task[]) {
    super(
      `no trained combination contains ${printTags(tasks)}; leave these tags out or use a package that was trained on them`,
    );
    this.name = 'PlanError';
  }
}

interface Combination {
  readonly tags: string;
  readonly tasks: readonly Task[];
}

/** A set of chosen combinations, and what it costs. */
interface Cover {
  readonly unrequested: number;
  readonly repeated: number;
  readonly chosen: readonly number[];
}

/**
 * The passes that answer the requested tasks, each with a trained tag string.
 *
 * Among all covers the cheapest is taken, by these measures in turn: fewest tasks that nobody asked for (they
 * cost tokens and would reveal attributes of the speaker unasked), fewest passes, fewest tasks done twice,
 * and the order of `combinations`. A request that is itself a trained combination is therefore one pass; the
 * order of the request does not matter.
 * @param requested the wanted tasks, without repetition, at least one.
 * @param combinations the package's trained tag strings.
 * @returns the passes in the order of `combinations`, those with a transcript or a reply first.
 * @throws {PlanError} when a requested task is in no combination.
 */
export function planPasses(requested: readonly Task[], combinations: readonly string[]): PassPlan[] {
  const candidates: Combination[] = combinations.map((tags) => ({ tags, tasks: parseTags(tags) }));
  const missing = requested.filter((task) => !candidates.some(({ tasks }) => tasks.includes(task)));
  if (missing.length > 0) throw new PlanError(missing);

  const chosen = cheapestCover(requested, candidates).chosen.map((index) => candidates[index]!);
  chosen.sort((a, b) => Number(isSpoken(b)) - Number(isSpoken(a)));
  const open = new Set(requested);
  return chosen.map(({ tags, tasks }) => {
    const answers = tasks.filter((task) => open.delete(task));
    return { tags, tasks, answers };
  });
}

/**
 * Dynamic programme over the sets of requested tasks (at most 2^8): the cheapest way to have covered each.
 */
function cheapestCover(requested: readonly Task[], candidates: readonly Combination[]): Cover {
  const maskOf = (tasks: readonly Task[]) =>
    tasks.reduce((mask, task) => mask | (1 << TASKS.indexOf(task)), 0);
  const wanted = maskOf(requested);
  const best = new Map<number, Cover>([[0, { unrequested: 0, repeated: 0, chosen: [] }]]);
  for (let covered = 0; covered < wanted; covered++) {
    const cover = best.get(covered);
    if (cover === undefined) continue;
    for (const [index, { tasks }] of candidates.entries()) {
      const mask = maskOf(tasks);
      const reached = covered | (mask & wanted);
      if (reached === covered) continue;
      const next: Cover = {
        unrequested: cover.unrequested + bitCount(mask & ~wanted),
        repeated: cover.repeated + bitCount(mask & covered),
        chosen: [...cover.chosen, index].sort((a, b) => a - b),
      };
      const known = best.get(reached);
      if (known === undefined || compareCovers(next, known) < 0) best.set(reached, next);
    }
  }
  return best.get(wanted)!;
}

function compareCovers(a: Cover, b: Cover): number {
  const measures = [
    a.unrequested - b.unrequested,
    a.chosen.length - b.chosen.length,
    a.repeated - b.repeated,
    ...a.chosen.map((index, i) => index - b.chosen[i]!),
  ];
  return measures.find((difference) => difference !== 0) ?? 0;
}

function isSpoken({ tasks }: Combination): boolean {
  return tasks.includes('asr') || tasks.includes('chat');
}

function bitCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
