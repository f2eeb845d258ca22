import { badField } from '@osum/mesh';
import type { DescribeResponse } from '@osum/proto';
import type { RouterCallOptions, Understanding } from './understanding.js';

/** The languages that the model writes down, as BCP 47 tags; empty if it does not say. */
export function transcriptLanguages({ tasks }: DescribeResponse): readonly string[] {
  return tasks.find(({ tag }) => tag === '<asr>')?.languages ?? [];
}

/**
 * Refuses a language that the model does not write down, rather than answer with words of another. Empty means any.
 *
 * @param field where the request names it. Throws INVALID_ARGUMENT.
 */
export async function requireLanguage(
  wanted: string,
  field: string,
  understanding: Understanding,
  options: RouterCallOptions,
): Promise<void> {
  if (wanted === '') return;
  const known = transcriptLanguages(await understanding.describe(options));
  if (known.length === 0 || known.some((tag) => primary(tag) === primary(wanted))) return;
  throw badField(field, `expected one of ${known.join(', ')}, got "${wanted}"`);
}

/** `en` of `en-US`. */
function primary(tag: string): string {
  return tag.split(/[-_]/, 1)[0]!.toLowerCase();
}
