import { UsageError } from '../usage-error.js';
import type { Abilities } from './abilities.js';
import { type InstructionsByTags, inNaturalWords } from './natural-instructions.js';
import { foreignLabels, unsupportedTasks } from './out-of-reach.js';
import { type PlacedLine, type Question, questionsOf, twinOf } from './question.js';
import type { Rubrics } from './read-rubrics.js';
import type { ScoredTask } from './reference.js';

/** Which questions are asked of the lines. */
export interface QuestionChoice {
  readonly tasks: readonly ScoredTask[];
  /** Whether labels that the package was not trained on are scored all the same. */
  readonly includeUntrained: boolean;
  /** Ask in words, drawn from these. Undefined: by tags, save where a line has an instruction of its own. */
  readonly instructions: InstructionsByTags | undefined;
  /** Whether what is asked in words is asked by tags as well. */
  readonly compare: boolean;
  readonly rubrics: Rubrics;
  readonly seed: number;
}

/**
 * The questions to ask, in the order of the lines, a twin right behind its original; and what is left out because the package does
 * not support it, a sentence each.
 *
 * Fails with `UsageError` where nothing can be scored, or not in this way.
 */
export function chooseQuestions(
  lines: readonly PlacedLine[],
  abilities: Abilities,
  choice: QuestionChoice,
): { questions: Question[]; leftOut: string[] } {
  const { tasks, instructions, seed } = choice;
  const plain = lines.flatMap((line) => questionsOf(line, abilities, tasks));
  if (plain.length === 0) {
    throw new UsageError(
      `nothing to score: no line has a reference for ${tasks.join(', ')} that ${abilities.model} supports`,
    );
  }
  if (!choice.includeUntrained) requireTrainedLabels(plain, abilities);
  requireRubrics(plain, choice.rubrics);
  const asked = instructions === undefined ? plain : inNaturalWords(plain, instructions, seed);
  const leftOut = [...unsupportedTasks(lines, abilities, tasks)].map(
    ([task, count]) => `not scored: ${count} x <${task}>, which ${abilities.model} does not support`,
  );
  return { questions: choice.compare ? withTwins(asked) : asked, leftOut };
}

function withTwins(questions: readonly Question[]): Question[] {
  const all = questions.flatMap((question) => {
    const twin = twinOf(question);
    return twin === undefined ? [question] : [question, twin];
  });
  if (all.length > questions.length) return all;
  throw new UsageError(
    '--compare asks by tags what is asked by instructions, and there is nothing such: give --natural, or lines with `instruction` and `expectedTags`',
  );
}

function requireTrainedLabels(questions: readonly Question[], abilities: Abilities): void {
  const [foreign, ...more] = foreignLabels(questions, abilities);
  if (foreign === undefined) return;
  const { task, label, count, first } = foreign;
  const others = more.map((other) => `, ${other.task} ${other.label} (${other.count})`).join('');
  throw new UsageError(
    `${first.manifest}:${first.line}: ${abilities.model} was not trained on ${task} ${label} (${count} references${others}): leave these lines out, or score them as wrong with --include-untrained`,
  );
}

function requireRubrics(questions: readonly Question[], rubrics: Rubrics): void {
  const unknown = questions.find(({ reference: { chat } }) => chat !== undefined && !rubrics.has(chat));
  if (unknown === undefined) return;
  throw new UsageError(
    `${unknown.manifest}:${unknown.line}: there is no rubric of the intent "${unknown.reference.chat}": --rubric names the file that has it`,
  );
}
