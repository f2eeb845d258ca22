/** A letter or digit of a script that is written without spaces between words. */
const CJK = String.raw`(?=[\p{L}\p{N}])[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]\p{M}*`;
/** A run of other letters and digits, with apostrophes inside: `don't`. */
const WORD = String.raw`(?:(?!${CJK})[\p{L}\p{N}]\p{M}*)+`;
const UNIT = new RegExp(`${CJK}|${WORD}(?:'${WORD})*`, 'gu');

/**
 * The units in which word errors are counted: words, and each CJK character (Han, Hiragana, Katakana) for itself.
 *
 * Normalisation: Unicode NFKC, lower case, curly apostrophes as straight ones; then only letters, digits, and apostrophes between
 * letters are kept, and all else separates. `“Don’t, Mr. Fox-Hunter!”` is `don't mr fox hunter`; `我 love 你。` is `我 love 你`.
 * Numbers and abbreviations are not spelled out.
 */
export function textUnits(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase().replace(/[‘’ʼ]/g, "'");
  return plain.match(UNIT) ?? [];
}

/** The characters of the units, without the spaces between them: what character errors are counted in. */
export function textCharacters(text: string): string[] {
  return textUnits(text).flatMap((unit) => [...unit]);
}

/** Whether more of the text's units are CJK characters than words: then character errors are the usual measure. */
export function isMostlyCjk(text: string): boolean {
  const units = textUnits(text);
  const characters = units.filter((unit) => cjkUnit.test(unit));
  return characters.length * 2 > units.length;
}

const cjkUnit = new RegExp(`^${CJK}$`, 'u');
