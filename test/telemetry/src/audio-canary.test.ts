import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { decodedSamples, findSpeech, spokenSamples } from './audio-canary.js';

// In the middle of a word.
const loud = 9000;

function assertFound(way: string, text: string): void {
  assert.ok(findSpeech(`{"before":1} ${text} after`) !== undefined, `${way}: ${text}`);
}

test('a few bytes of the recording are found wherever they begin, however they are written', () => {
  for (const samples of [spokenSamples, decodedSamples]) {
    const { BYTES_PER_ELEMENT: width } = samples;
    for (let start = loud * width; start < loud * width + 12; start++) {
      const bytes = Buffer.from(samples.buffer).subarray(start, start + 20);
      const array = new Uint8Array(bytes);
      assertFound('a Buffer as JSON', JSON.stringify({ bytes }));
      assertFound('a Uint8Array as JSON', JSON.stringify({ array }));
      assertFound('an inspected Buffer', inspect(bytes));
      assertFound('an inspected Uint8Array', inspect(array));
      assertFound('hexadecimal', bytes.toString('hex'));
      assertFound('hexadecimal after other digits', `f${bytes.toString('hex')}`);
      assertFound('base64', bytes.toString('base64'));
      assertFound('base64 for URLs', bytes.toString('base64url'));
      assertFound('base64 of more', Buffer.concat([Buffer.from('ab'), bytes]).toString('base64'));
    }
  }
});

test('a few samples are found wherever they begin, as they are and decoded', () => {
  for (const samples of [spokenSamples, decodedSamples]) {
    for (let start = loud; start < loud + 8; start++) {
      const some = samples.slice(start, start + 6);
      assertFound('JSON of an array', JSON.stringify([...some]));
      assertFound('JSON of a typed array', JSON.stringify({ some }));
      assertFound('an inspected array', inspect([...some]));
      assertFound('an inspected typed array', inspect(some));
    }
  }
});

test('what is no audio is not found', () => {
  for (const other of [
    '',
    '{"durationMs":12345,"trace_id":"0af7651916cd43dd8448eb211c80319c","bounds":[0.005,0.01,0.025,0.05]}',
    JSON.stringify([...decodedSamples.slice(loud, loud + 6)].toReversed()),
    JSON.stringify({ bytes: Buffer.alloc(64) }),
  ]) {
    assert.equal(findSpeech(other), undefined);
  }
});
