import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type EmbeddedMesh, startEmbeddedMesh } from '@osum/cli';
import { createOsumClient, type OsumClient } from '@osum/client';
import { WarningCode } from '@osum/proto';
import { recordings } from './shipped.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Trains the smoke configuration of training/ into a package, with the checkout's own Python. */
async function trainSmokePackage(folder: string): Promise<void> {
  const python = spawn(
    process.execPath,
    [join(root, 'test/tools/python.mjs'), 'python', '-m', 'osum_training', 'smoke', '--out', folder],
    { env: { ...process.env, PYTHONPATH: join(root, 'training') }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let told = '';
  python.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const [code] = (await once(python, 'close')) as [number | null];
  assert.equal(code, 0, `the smoke configuration ended with ${code}: ${told}`);
}

describe('a package that training/ has just made', () => {
  let folder: string;
  let mesh: EmbeddedMesh;
  let client: OsumClient;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'osum-trained-'));
    await trainSmokePackage(folder);
    mesh = await startEmbeddedMesh({ package: folder });
    client = createOsumClient({ address: mesh.address });
  });
  after(async () => {
    client?.close();
    await mesh?.drain();
    await rm(folder, { recursive: true, force: true });
  });

  it('is served under its own name, with the tasks that its scores offer', async () => {
    const { model, version, tasks } = await client.describe();
    assert.deepEqual([model, version], ['osum-smoke', '0.1.0']);
    const description = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
    const offered = Object.entries<{ supported: boolean }>(description.tasks).filter(
      ([, task]) => task.supported,
    );
    assert.deepEqual(
      tasks
        .filter((task) => task.supported)
        .map(({ tag }) => tag)
        .toSorted(),
      offered.map(([name]) => `<${name}>`).toSorted(),
    );
    assert.ok(offered.some(([name]) => name === 'asr'));
  });

  it('answers a recording in the grammar of what was asked', async () => {
    const [recording] = recordings;
    assert.ok(recording);
    const { utterances, summary } = await client.understand({ audio: recording.path, tags: '<asr>' });
    assert.equal(summary.utterances, 1);
    const result = utterances[0]?.result;
    assert.ok(result?.transcript, 'an answer with a transcript');
    // A model of a minute's training heard speech never, only tones: it may not find the end of its answer.
    const warnings = result.warnings.filter(({ code }) => code !== WarningCode.TRUNCATED);
    assert.deepEqual([result.tags, result.printedTags, warnings], ['<asr>', '<asr>', []]);
    assert.equal(typeof result.transcript.text, 'string');
    assert.ok(summary.audioSeconds > 3, `${summary.audioSeconds} s heard`);
  });
});
