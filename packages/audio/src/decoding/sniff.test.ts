import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sniff } from './sniff.js';

const folder = new URL('../../test-data/', import.meta.url);
const files = readdirSync(folder);

const EXPECTED: readonly (readonly [RegExp, string])[] = [
  [/^speech.*\.wav$/, 'wav'],
  [/^speech.*\.flac$/, 'flac'],
  [/^speech.*-flac\.ogg$/, 'ogg-flac'],
  [/^speech.*\.opus$/, 'ogg-opus'],
  [/^speech.*\.mp3$/, 'mp3'],
];

for (const [pattern, container] of EXPECTED) {
  for (const file of files.filter((name) => pattern.test(name))) {
    test(`${file} is recognised as ${container}, and never as anything else from fewer bytes`, () => {
      const bytes = readFileSync(new URL(file, folder));
      assert.deepEqual(sniff(bytes, true), { kind: 'container', container });
      for (let length = 0; length < 2_000 && length < bytes.length; length += 13) {
        const sniffed = sniff(bytes.subarray(0, length), false);
        assert.ok(
          sniffed.kind === 'more' || (sniffed.kind === 'container' && sniffed.container === container),
        );
      }
    });
  }
}

for (const [file, name] of [
  ['refused.m4a', /MP4/],
  ['refused.webm', /WebM/],
  ['refused-vorbis.ogg', /Vorbis/],
] as const) {
  test(`${file} is known by name and refused`, () => {
    const sniffed = sniff(readFileSync(new URL(file, folder)), false);
    assert.ok(sniffed.kind === 'unsupported' && name.test(sniffed.name));
  });
}

test('text, zeros, raw PCM and a few bytes are unknown', () => {
  const pcm = readFileSync(new URL('speech-8k.s16le', folder));
  for (const bytes of [Buffer.from('<html>'.repeat(20)), Buffer.alloc(5_000), pcm, Buffer.of(0xff, 0xfb)]) {
    assert.deepEqual(sniff(bytes, true), { kind: 'unknown' });
  }
});

test('a single MPEG header without a second frame is not taken for MP3', () => {
  const bytes = Buffer.alloc(3_000, 0x55);
  bytes.set([0xff, 0xfb, 0x90, 0x64]);
  assert.deepEqual(sniff(bytes, false), { kind: 'unknown' });
});
