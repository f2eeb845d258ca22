import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedMesh, startEmbeddedMesh } from '@osum/cli';
import { createOsumClient, type OsumClient } from '@osum/client';
import { countEdits, errorRate, textUnits } from '@osum/eval';
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

  it('writes down recognisably what is said: less than 60 % of the words are wrong', async () => {
    const edits = await Promise.all(
      recordings.map(async ({ path, text }) => {
        const instruction = 'Write down what is said.';
        const { utterances } = await client.understand({ audio: path, instruction });
        const heard = utterances[0]?.result?.transcript?.text ?? '';
        return countEdits(textUnits(text), textUnits(heard));
      }),
    );
    assert.ok(errorRate(edits) < 0.6, JSON.stringify(edits));
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

  it('refuses a wish that no task answers, and names what it can do', async () => {
    await assert.rejects(
      client.understand({ audio: recordings[0]!.path, instruction: 'Translate it into French, please.' }),
      (error: Error) => {
        assert.match(error.message, /<asr>/);
        assert.equal((error as Error & { status: string }).status, 'FAILED_PRECONDITION');
        return true;
      },
    );
  });
});
