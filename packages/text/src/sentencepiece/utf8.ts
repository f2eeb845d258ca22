/**
 * One character of a UTF-8 byte string: its length in bytes, and whether those bytes are a well-formed
 * character.
 */
export interface Utf8Character {
  readonly byteLength: number;
  readonly valid: boolean;
}

/** Bytes that a character with this first byte has; 1 for a byte that cannot start one. */
export function utf8LengthFromLead(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf8 ? 4 : 1;
}

const SMALLEST_CODE_POINT = [0, 0, 0x80, 0x800, 0x10000];

/**
 * The character at `offset`. Overlong forms, surrogates, code points beyond U+10FFFF, stray trail bytes and
 * cut-off characters are invalid and count as one byte, which is how SentencePiece resumes after malformed
 * input.
 */
export function utf8CharacterAt(bytes: Uint8Array, offset: number): Utf8Character {
  const lead = bytes[offset]!;
  if (lead < 0x80) return { byteLength: 1, valid: true };
  const byteLength = utf8LengthFromLead(lead);
  if (byteLength === 1 || offset + byteLength > bytes.length) return { byteLength: 1, valid: false };
  let codePoint = lead & (0x7f >> byteLength);
  for (let i = 1; i < byteLength; i++) {
    const trail = bytes[offset + i]!;
    if ((trail & 0xc0) !== 0x80) return { byteLength: 1, valid: false };
    codePoint = (codePoint << 6) | (trail & 0x3f);
  }
  const isSurrogate = codePoint >= 0xd800 && codePoint < 0xe000;
  const valid = codePoint >= SMALLEST_CODE_POINT[byteLength]! && codePoint <= 0x10ffff && !isSurrogate;
  return valid ? { byteLength, valid } : { byteLength: 1, valid };
}
