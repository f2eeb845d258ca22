import assert from 'node:assert/strict';
import { test } from 'node:test';
import { f32Tensor, type MeshContext, MeshError, tensorFrames } from '@osum/mesh';
import type { AttachRequest } from '@osum/proto';
import { attach } from './attach.js';
import { SPEECH } from './cache/prompt.js';
import type { Generator } from './generate.js';
import { createCore, pass, request } from './testing/core-fixture.js';
import { tokensOf } from './testing/oracle.js';

const width = 4;

test('speech that is on its way when the caller of Generate leaves is refused as no fault of the decoder', async () => {
  const { core } = createCore();
  const leave = new AbortController();
  const session = await core.admit(request([pass([1, SPEECH, 2], 3)], 5), leave.signal);
  const tokens = tokensOf(session.events, 1);
  const generator = {
    decoders: { find: () => session },
    language: { manifest: { decoder: { width, maxPositions: 100 } } },
    instance: 'test',
  } as unknown as Generator;
  async function* requests(): AsyncIterable<AttachRequest> {
    yield { request: { case: 'attach', value: { sessionId: '', token: '' } } } as AttachRequest;
    const [frame] = tensorFrames(f32Tensor('speech', [5, width], new Float32Array(5 * width)));
    yield { request: { case: 'frame', value: frame } } as AttachRequest;
    leave.abort();
    await new Promise(() => {});
  }
  await assert.rejects(
    attach(requests(), { tenant: 'default' } as MeshContext, generator),
    (error) =>
      error instanceof MeshError && error.kind === 'sessionLost' && /ended while/.test(error.message),
  );
  await assert.rejects(tokens, { name: 'AbortError' });
  await core.close();
});
