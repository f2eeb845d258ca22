import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PromptSegment } from '@osum/nn';

/** Which of the two published sets of prompts a package carries. */
export type PromptSet = 'serving' | 'training';

/** The prompts of a package, as `model.json` holds them. */
export interface PublishedPrompts {
  readonly prompts: Readonly<Record<'understand' | 'chat' | 'intent', PromptSegment[]>>;
  /** What stands before the words that are to be interpreted: an intent prompt and a colon. */
  readonly intentPrefix: string;
}

interface PromptFile extends Readonly<Record<PromptSet, PublishedPrompts['prompts']>> {
  readonly intentPrompts: readonly [string, ...string[]];
}

const PROMPT_FILE = fileURLToPath(import.meta.resolve('@osum/text/data/osum-pangu-prompts.json'));

/**
 * OSUM-Pangu's prompts, to the letter (reference: osum-pangu-model.md, section 5). `serving` is what upstream's
 * inference sends, its mistakes included, with which the published results were made; `training` is what the model was
 * trained with.
 */
export async function publishedPrompts(set: PromptSet): Promise<PublishedPrompts> {
  const file = JSON.parse(await readFile(PROMPT_FILE, 'utf8')) as PromptFile;
  const { understand, chat, intent } = file[set];
  return { prompts: { understand, chat, intent }, intentPrefix: `${file.intentPrompts[0]}:` };
}
