import { fileURLToPath } from 'node:url';
import type { ReplyRubric } from '@osum/eval';
import { z } from 'zod';
import { readManifest } from '../batch/manifest.js';

/** What a reply must be like, by the intent of what was said. */
export type Rubrics = ReadonlyMap<string, ReplyRubric>;

/** The rubrics of the chat domain that training teaches. */
export const shippedRubrics = fileURLToPath(
  new URL('../../../../training/data/chat/intents.jsonl', import.meta.url),
);

const count = z.int().positive();
const pattern = z
  .string()
  .regex(/^[a-z']+( [a-z']+)*\*?$/, 'expected lower-case words with single spaces, a * at the end at most');

const rubricLineSchema = z.looseObject({
  intent: z.string().min(1),
  rubric: z.strictObject({
    needs: z.array(z.array(pattern).min(1)).min(1),
    forbids: z.array(pattern),
    words: z.tuple([count, count]),
    repeats: count,
  }),
});

/** Reads rubrics: one intent a line, with `intent` and `rubric`. Fails with `UsageError` naming the line that is wrong. */
export async function readRubrics(path: string): Promise<Rubrics> {
  const lines = await readManifest(path, rubricLineSchema);
  return new Map(lines.map(({ intent, rubric }) => [intent, rubric]));
}
