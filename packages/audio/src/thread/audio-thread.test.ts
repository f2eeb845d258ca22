import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { AudioThread, startAudioThread } from './audio-thread.js';
import { ThreadConnection } from './thread-connection.js';

const run = promisify(execFile);
const moduleUrl = new URL('./audio-thread.js', import.meta.url).href;

test('a process that is done with its thread ends by itself', async () => {
  const script = `
    import { startAudioThread } from ${JSON.stringify(moduleUrl)};
    const thread = startAudioThread();
    const decoder = await thread.openDecoder('mp3');
    await decoder.close();
    console.log('done');`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    timeout: 30_000,
  });
  assert.equal(stdout.trim(), 'done');
});

test('calls after closing, and calls under way, fail in a sentence', async () => {
  const thread = startAudioThread();
  const decoder = await thread.openDecoder('flac');
  const underWay = decoder.push(new Uint8Array(10));
  await thread.close();
  await assert.rejects(underWay, /audio thread has ended/);
  await assert.rejects(thread.openVoice(), /audio thread is closed/);
});

test('a closed session is refused by name', async () => {
  const thread = startAudioThread();
  const decoder = await thread.openDecoder('ogg-opus');
  await decoder.close();
  await assert.rejects(decoder.push(new Uint8Array(1)), /expected an open session/);
  await thread.close();
});

test('after a failure of the thread its streams fail and the next stream decodes', async () => {
  const connections: ThreadConnection[] = [];
  const thread = new AudioThread(() => {
    connections.push(new ThreadConnection());
    return connections.at(-1)!;
  });
  const lost = await thread.openDecoder('mp3');
  await connections[0]!.close();
  await assert.rejects(lost.push(new Uint8Array(10)), /audio thread has ended/);
  const next = await thread.openDecoder('mp3');
  assert.deepEqual(await next.push(new Uint8Array(10)), []);
  await lost.close();
  assert.equal(connections.length, 2);
  await thread.close();
});
