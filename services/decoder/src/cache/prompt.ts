/** Stands in a prompt where the speech rows go. Token ids are never negative. */
export const SPEECH = -1;

/** Token ids in order, with at most one `SPEECH`. */
export type Prompt = readonly number[];

/** Context positions of a prompt (or a part of one) when its speech has `speechRows` rows. */
export function promptRows(prompt: Prompt, speechRows: number): number {
  return prompt.includes(SPEECH) ? prompt.length - 1 + speechRows : prompt.length;
}

/** Length of the longest beginning that all prompts share; each keeps at least one element of its own. */
export function commonPrefixLength(prompts: readonly Prompt[]): number {
  const [first, ...others] = prompts;
  if (first === undefined) return 0;
  const most = Math.min(...prompts.map((prompt) => prompt.length)) - 1;
  let length = 0;
  while (length < most && others.every((prompt) => prompt[length] === first[length])) length += 1;
  return length;
}
