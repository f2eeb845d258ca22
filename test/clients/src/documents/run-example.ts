import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Language, languages } from '../languages.js';
import { type Command, run } from '../program.js';
import type { DocumentExample, ExampleLanguage } from './example.js';
import { compileTypeScript } from './typescript-examples.js';

const clientLanguages: Partial<Record<ExampleLanguage, string>> = { py: 'Python', go: 'Go', java: 'Java' };

/** The client that an example in its language needs; undefined if it needs none. */
export function clientOf({ language }: DocumentExample): Language | undefined {
  return languages.find(({ name }) => name === clientLanguages[language]);
}

/** Runs an example in a folder. Rejects with its output if it fails. */
export async function runExample(
  example: DocumentExample,
  code: string,
  name: string,
  cwd: string,
): Promise<void> {
  await run(await commandOf(example, code, name, cwd));
}

async function commandOf(
  { language }: DocumentExample,
  code: string,
  name: string,
  cwd: string,
): Promise<Command> {
  if (language === 'sh') return { program: 'bash', args: ['-euo', 'pipefail', '-c', code], cwd };
  if (language === 'ts')
    return { program: process.execPath, args: [await compileTypeScript(name, code)], cwd };
  const client = languages.find((candidate) => candidate.name === clientLanguages[language]);
  if (client?.program === undefined) throw new Error(`no client runs examples in ${language}`);
  const folder = join(cwd, name);
  await mkdir(folder);
  const file = join(folder, { py: 'example.py', go: 'main.go', java: 'Example.java' }[language]);
  await writeFile(file, code);
  return client.program(file, cwd);
}
