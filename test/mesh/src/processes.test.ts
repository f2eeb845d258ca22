import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createOsumClient, type OsumClient } from '@osum/client';
import { Stage } from '@osum/proto';
import { type ServedProcess, serveProcess } from './served-process.js';
import { packageFolder, recordings } from './shipped.js';

const tags = '<asr><gender>';

describe('six processes: features, two encoders, adapter, decoder, router', () => {
  const processes: ServedProcess[] = [];
  let client: OsumClient;
  const start = async (name: string, flags: string[] = []) => {
    const served = await serveProcess(name, ['--package', packageFolder, ...flags]);
    processes.push(served);
    return served;
  };
  const transcripts = async () => {
    const answers = await Promise.all(recordings.map(({ path }) => client.understand({ audio: path, tags })));
    return answers.map(({ utterances }) => utterances.map(({ result }) => result?.transcript?.text));
  };

  before(async () => {
    const [decoder, adapter] = await Promise.all([start('decoder'), start('adapter')]);
    const encoders = await Promise.all([0, 1].map(() => start('encoder', ['--adapters', adapter.address])));
    const features = await start('features', [
      '--encoders',
      encoders.map(({ address }) => address).join(','),
    ]);
    const router = await start('router', ['--features', features.address, '--decoders', decoder.address]);
    client = createOsumClient({ address: router.address });
  });
  after(async () => {
    client?.close();
    for (const { process } of processes) process.kill('SIGKILL');
  });

  it('answers every call, and uses both encoders', async () => {
    const calls = Array.from({ length: 16 }, (_, index) => recordings[index % recordings.length]!);
    const answers = await Promise.all(calls.map(({ path }) => client.understand({ audio: path, tags })));
    const encoders = new Set<string>();
    for (const { utterances, summary } of answers) {
      assert.equal(summary.utterances, 1);
      const stages = utterances[0]?.result?.timings?.stages ?? [];
      assert.deepEqual(
        [...new Set(stages.map(({ stage }) => stage))],
        [Stage.FEATURES, Stage.ENCODER, Stage.ADAPTER, Stage.DECODER],
      );
      encoders.add(stages[1]!.instance);
    }
    const served = processes.filter(({ name }) => name === 'encoder').map(({ address }) => address);
    assert.deepEqual([...encoders].sort(), served.sort());
  });

  it('answers a recording in company as it answers it alone', async () => {
    const alone: (string | undefined)[][] = [];
    for (const { path } of recordings) {
      const { utterances } = await client.understand({ audio: path, tags });
      alone.push(utterances.map(({ result }) => result?.transcript?.text));
    }
    assert.deepEqual(await transcripts(), alone);
  });

  it('goes on with one encoder when the other is killed, and no call fails', async () => {
    const expected = await transcripts();
    const victim = processes.find(({ name }) => name === 'encoder')!;
    const load = Promise.all(Array.from({ length: 4 }, transcripts));
    await victim.end('SIGKILL');
    for (const answers of await load) assert.deepEqual(answers, expected);
    assert.deepEqual(await transcripts(), expected);
    processes.splice(processes.indexOf(victim), 1);
  });

  it('drains on SIGTERM: each process ends with 0', async () => {
    for (const served of processes.toReversed()) {
      assert.equal(await served.end('SIGTERM'), 0, served.name);
    }
  });
});
