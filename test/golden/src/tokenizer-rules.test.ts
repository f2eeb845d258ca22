import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { convertCheckpoint } from '@osum/convert';
import { openPackage } from '@osum/nn';
import { createTokenizer } from '@osum/text';
import { runPython, writeReference } from './reference.js';

/** Strings that are compared for each tokenizer. */
const STRINGS = 2000;

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
  readonly shuffled: readonly number[];
  readonly decoded: string;
}

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-tokenizer-rules-'));
});

after(() => rm(folder, { recursive: true }));

for (const name of ['published', 'shards']) {
  test(`${name}: added tokens, stretches between them and decoding follow the rules of upstream's tokenizer`, async () => {
    const reference = await writeReference(name, { count: 1, tokens: 1 });
    try {
      const out = join(folder, name);
      await convertCheckpoint({ ...reference.options, out });
      const opened = await openPackage(out);
      const tokenizer = createTokenizer(await readFile(opened.path('tokenizer')), opened.manifest.tokenizer);
      const file = join(folder, `${name}.json`);
      runPython('osum_reference.tokenize_strings', opened.path('tokenizer'), file, '--count', `${STRINGS}`);
      const cases: Case[] = JSON.parse(await readFile(file, 'utf8'));
      assert.equal(cases.length, STRINGS);
      for (const { text, ids, shuffled, decoded } of cases) {
        assert.deepEqual(tokenizer.encode(text, { bos: true }), ids, JSON.stringify(text));
        assert.equal(tokenizer.decode(shuffled), decoded, `of ${shuffled}`);
      }
    } finally {
      await reference.remove();
    }
  });
}
