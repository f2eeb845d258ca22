/** Substitutions, insertions and deletions that turn one text's words into the other's: the Levenshtein distance of words. */
export function wordErrors(reference: string, hypothesis: string): number {
  const wanted = reference.split(' ').filter(Boolean);
  const given = hypothesis.split(' ').filter(Boolean);
  let row = given.map((_, index) => index + 1);
  for (const [at, word] of wanted.entries()) {
    let diagonal = at;
    let left = at + 1;
    row = given.map((other, index) => {
      const up = row[index]!;
      const cost = Math.min(diagonal + (word === other ? 0 : 1), up + 1, left + 1);
      diagonal = up;
      left = cost;
      return cost;
    });
  }
  return row.at(-1) ?? wanted.length;
}
