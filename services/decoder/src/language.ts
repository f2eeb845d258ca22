import { readFile } from 'node:fs/promises';
import type { ModelPackage } from '@osum/nn';
import { createTagAutomaton, createTokenizer, isTask, legalTagStrings } from '@osum/text';
import type { Language } from './pass-request.js';

/** Loads the tokenizer of a package and the grammar of its task tags. */
export async function loadLanguage(
  modelPackage: ModelPackage,
  maxInstructionBytes: number,
): Promise<Language> {
  await modelPackage.verify('tokenizer');
  const { manifest } = modelPackage;
  const tokenizer = createTokenizer(await readFile(modelPackage.path('tokenizer')), manifest.tokenizer);
  const supported = Object.entries(manifest.tasks).flatMap(([task, { supported }]) =>
    supported && isTask(task) ? [task] : [],
  );
  const legal = legalTagStrings(manifest.combinations, supported);
  const tags = createTagAutomaton(tokenizer, manifest.intent?.refuses ? ['', ...legal] : legal);
  return { manifest, tokenizer, tags, maxInstructionBytes };
}
