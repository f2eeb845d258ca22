import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectUpTo, decodeAudio, startAudioThread } from '@osum/audio';
import { type EmbeddedMesh, startEmbeddedMesh } from '@osum/cli';
import { createOsumClient, type OsumClient, pcmBytes } from '@osum/client';
import { AudioEncoding } from '@osum/proto';
import { packageFolder, recordings } from './shipped.js';

const sampleRateHz = 16_000;
const format = { encoding: AudioEncoding.PCM_F32LE, sampleRateHz };
const pauseSeconds = 1.2;
/** How far a boundary of an utterance may lie from where the speech was placed: the splitter pads and rounds to windows. */
const boundaryToleranceSeconds = 0.6;

describe('long and live audio', () => {
  let mesh: EmbeddedMesh;
  let client: OsumClient;
  let clips: Float32Array[];

  before(async () => {
    mesh = await startEmbeddedMesh({ package: packageFolder });
    client = createOsumClient({ address: mesh.address });
    const thread = startAudioThread();
    clips = [];
    for (const { path } of recordings) {
      const decoded = await collectUpTo(decodeAudio(createReadStream(path), { thread, maxSeconds: 60 }), 60);
      assert.ok(decoded.kind === 'whole');
      clips.push(decoded.samples);
    }
    await thread.close();
  });
  after(async () => {
    client.close();
    await mesh.drain();
  });

  /** Clips with pauses, over and over, in pieces of 100 ms; `placed` says where each clip lies. */
  async function* speech(count: number, placed: { start: number; end: number }[], paced = false) {
    const pause = new Float32Array(pauseSeconds * sampleRateHz);
    const pieceSamples = sampleRateHz / 10;
    let position = 0;
    let due = performance.now();
    for (let index = 0; index < count; index += 1) {
      for (const part of [pause, clips[index % clips.length]!]) {
        if (part !== pause)
          placed.push({ start: position / sampleRateHz, end: (position + part.length) / sampleRateHz });
        for (let at = 0; at < part.length; at += pieceSamples) {
          const piece = part.subarray(at, at + pieceSamples);
          if (paced) {
            due += (piece.length / sampleRateHz) * 1000;
            await sleep(Math.max(0, due - performance.now()));
          }
          yield piece;
        }
        position += part.length;
      }
    }
    yield pause;
  }

  it('a recording of ten minutes comes back in order, with absolute times and flat memory', async () => {
    const placed: { start: number; end: number }[] = [];
    const rounds = 100;
    const warmUp = client.understand({ audio: pcmBytes(speech(8, [])), format, tags: '<asr>' });
    await warmUp;
    global.gc?.();
    const residentBefore = process.memoryUsage().rss;
    const { utterances, summary } = await client.understand({
      audio: pcmBytes(speech(rounds, placed)),
      format,
      tags: '<asr>',
    });
    const grownMebibytes = (process.memoryUsage().rss - residentBefore) / 2 ** 20;
    assert.ok(summary.audioSeconds >= 570, `${summary.audioSeconds} s`);
    let last = 0;
    for (const [index, { utterance, startSeconds, endSeconds }] of utterances.entries()) {
      assert.equal(utterance, index);
      assert.ok(startSeconds >= last && endSeconds > startSeconds, `utterance ${index} at ${startSeconds} s`);
      last = endSeconds;
      const near = placed.some(
        ({ start, end }) =>
          startSeconds >= start - boundaryToleranceSeconds && endSeconds <= end + boundaryToleranceSeconds,
      );
      assert.ok(near, `utterance ${index}, ${startSeconds}-${endSeconds} s, lies where no clip was placed`);
    }
    assert.ok(utterances.length >= rounds, `${utterances.length} utterances of ${rounds} clips`);
    assert.ok(grownMebibytes < 150, `resident memory grew by ${grownMebibytes.toFixed(0)} MiB`);
  });

  it('a live stream gives unstable text for the open utterance, and one result for each closed one', async () => {
    const placed: { start: number; end: number }[] = [];
    const seen: string[] = [];
    const results = new Map<number, number>();
    for await (const event of client.stream({
      audio: pcmBytes(speech(2, placed, true)),
      format,
      tags: '<asr>',
      live: { partialInterval: { seconds: 1n, nanos: 0 } },
    })) {
      if (event.case === 'partial') {
        seen.push(`partial ${event.value.utterance}`);
        assert.ok(!results.has(event.value.utterance), 'a partial result after the final one');
      } else if (event.case === 'result') {
        results.set(event.value.utterance, (results.get(event.value.utterance) ?? 0) + 1);
        seen.push(`result ${event.value.utterance}`);
      }
    }
    assert.ok(seen[0]?.startsWith('partial 0'), seen.join(', '));
    assert.ok(results.size >= 2, `${results.size} results`);
    for (const [utterance, count] of results) assert.equal(count, 1, `utterance ${utterance}`);
  });
});
