import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedMesh, startEmbeddedMesh } from '@osum/cli';
import { createOsumClient, type OsumClient } from '@osum/client';
import { packageFolder, recordings } from './shipped.js';

describe('the shipped package', () => {
  let mesh: EmbeddedMesh;
  let client: OsumClient;
  before(async () => {
    mesh = await startEmbeddedMesh({ package: packageFolder });
    client = createOsumClient({ address: mesh.address });
  });
  after(async () => {
    client.close();
    await mesh.drain();
  });

  it('understands wishes in Chinese and in English', async () => {
    const wishes: [string, string][] = [
      ['Please transcribe the audio.', '<asr>'],
      ['请把这段语音转成文字。', '<asr>'],
      ['Is the speaker a man or a woman?', '<gender>'],
      ['说话的人是男是女？', '<gender>'],
    ];
    for (const [instruction, tags] of wishes) {
      const plan = await client.interpret(instruction);
      assert.equal(plan.tags, tags, instruction);
    }
  });

  it('refuses what the package cannot do, and names what it can', async () => {
    const { tasks } = await client.describe();
    const unsupported = tasks.find(({ supported }) => !supported);
    assert.ok(unsupported, 'a task that this package does not support');
    await assert.rejects(
      client.understand({ audio: recordings[0]!.path, tags: unsupported.tag }),
      (error: Error) => {
        assert.match(error.message, /<asr>/);
        assert.equal((error as Error & { status: string }).status, 'FAILED_PRECONDITION');
        return true;
      },
    );
  });
});
