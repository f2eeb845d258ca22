import { readFile } from 'node:fs/promises';

const TOKENIZER = new URL('../../../text/test-data/bpe-bytes.model', import.meta.url);
const TOKENIZER_PIECES = 1200;

/** A `tokenizer.model` of so many pieces, at least 1200: a protobuf message goes on with what is appended to it. */
export async function grownTokenizer(pieces: number): Promise<Buffer> {
  const appended = Array.from({ length: pieces - TOKENIZER_PIECES }, (_, i) => {
    const text = Buffer.from(`\u2581piece${i}`);
    return Buffer.concat([Buffer.from([0x0a, text.length + 2, 0x0a, text.length]), text]);
  });
  return Buffer.concat([await readFile(TOKENIZER), ...appended]);
}
