import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Stage } from '@osum/proto';
import { createStageClient, OsumError, type StageClient } from './index.js';
import { type ScriptedMesh, startScriptedMesh } from './testing/index.js';

let mesh: ScriptedMesh;
let stage: StageClient;

before(async () => {
  mesh = await startScriptedMesh();
  stage = createStageClient({ address: mesh.address });
});
after(() => {
  stage.close();
  mesh.close();
});

const features = { shape: [2500, 80], values: Float32Array.from({ length: 200_000 }, (_, i) => i / 7) };

describe('a stage', () => {
  it('takes samples and gives a tensor', async () => {
    const pcm = Float32Array.from({ length: 300_000 }, Math.random);
    const { tensor, stages } = await stage.extract(pcm);
    assert.deepEqual(tensor, { shape: [300_000, 1], values: pcm });
    assert.deepEqual(
      stages.map(({ stage }) => stage),
      [Stage.FEATURES],
    );
  });

  it('gives a tensor of several chunks back as it came', async () => {
    assert.deepEqual((await stage.encode(features)).tensor, features);
  });

  it('whose answer is broken on the way fails the call', async () => {
    const broken: [string, string, RegExp][] = [
      ['corrupt', 'DATA_LOSS', /chunk 0: its CRC-32C does not fit/],
      ['gap', 'INTERNAL', /expected offset 0, got 524288/],
      ['cut', 'INTERNAL', /expected a chunk or the end, got the end of the stream/],
    ];
    for (const [model, status, message] of broken) {
      const client = createStageClient({ address: mesh.address, model });
      await assert.rejects(client.encode(features), (error) => {
        assert.ok(error instanceof OsumError);
        assert.equal(error.status, status);
        assert.match(error.message, message);
        return true;
      });
      client.close();
    }
  });

  it('refuses a tensor that it does not take', async () => {
    await assert.rejects(stage.encode({ shape: [2, 2, 2], values: new Float32Array(8) }), {
      status: 'INVALID_ARGUMENT',
    });
    await assert.rejects(stage.encode({ shape: [2, 2], values: new Float32Array(3) }), RangeError);
  });
});
