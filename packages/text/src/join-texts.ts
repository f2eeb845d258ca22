/** What stands between the texts of two utterances: a space, save where Chinese meets Chinese. */
export function separatorBetween(before: string, after: string): '' | ' ' {
  if (before === '' || after === '') return '';
  return /\p{Script=Han}$/u.test(before) && /^\p{Script=Han}/u.test(after) ? '' : ' ';
}

/** The texts of utterances, one after the other. */
export function joinTexts(texts: readonly string[]): string {
  return texts.reduce((joined, text) => joined + separatorBetween(joined, text) + text, '');
}
