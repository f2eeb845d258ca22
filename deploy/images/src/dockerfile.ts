import { readFileSync } from 'node:fs';
import { type Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast';

/** One stage of a Dockerfile, from its FROM on. */
export interface BuildStage {
  readonly from: From;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile, in their order. */
export function stagesOf(path: string): BuildStage[] {
  const stages: { from: From; instructions: Instruction[] }[] = [];
  for (const instruction of DockerfileParser.parse(readFileSync(path, 'utf8')).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') stages.push({ from: instruction as From, instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

/** Names of the build arguments that a Dockerfile declares, each once. */
export function argumentsOf(path: string): string[] {
  const all = DockerfileParser.parse(readFileSync(path, 'utf8')).getInstructions();
  const declared = all.filter((instruction) => instruction.getKeyword() === 'ARG');
  return [...new Set(declared.map((one) => one.getArguments()[0]!.getValue().split('=')[0]!))];
}

/** What a COPY takes, and the stage it takes it from; undefined is the build context. */
export function copyOf(instruction: Instruction): { from: string | undefined; sources: string[] } {
  const copy = instruction as Copy;
  const [from] = copy
    .getFlags()
    .filter((flag) => flag.getName() === 'from')
    .map((flag) => flag.getValue() ?? undefined);
  const paths = copy.getArguments().map((argument) => argument.getValue());
  return { from, sources: paths.slice(0, -1) };
}

/** The one instruction of a stage with this keyword. Throws if there is none, or several. */
export function only({ instructions }: BuildStage, keyword: string): Instruction {
  const [found, ...others] = instructions.filter((instruction) => instruction.getKeyword() === keyword);
  if (found === undefined) throw new Error(`expected one ${keyword}, got none`);
  if (others.length > 0) throw new Error(`expected one ${keyword}, got ${others.length + 1}`);
  return found;
}
