import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedMesh, startEmbeddedMesh } from '@osum/cli';
import { createOsumClient, type OsumClient } from '@osum/client';
import { packageFolder, recordings } from './shipped.js';
import { wordErrors } from './word-errors.js';

describe('the shipped package on the shipped recordings', () => {
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

  it('writes down recognisably what is said: less than 60 % of the words are wrong', async () => {
    let errors = 0;
    let words = 0;
    for (const { path, text } of recordings) {
      const { utterances } = await client.understand({
        audio: path,
        instruction: 'Write down what is said.',
      });
      errors += wordErrors(text, utterances[0]?.result?.transcript?.text ?? '');
      words += text.split(' ').length;
    }
    assert.ok(errors / words < 0.6, `${errors} errors in ${words} words`);
  });

  it('tells men from women', async () => {
    for (const { path, gender } of recordings) {
      const { utterances } = await client.understand({ audio: path, tags: '<gender>' });
      assert.equal(utterances[0]?.result?.gender?.label, gender, path);
    }
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
