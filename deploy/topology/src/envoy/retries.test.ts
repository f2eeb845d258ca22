import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { MeshError, type StatusEntry, statusTable } from '@osum/mesh';
import { LanguageDecoder, SpeechEncoder, SpeechUnderstanding, speechEncoderDefinition } from '@osum/proto';
import { type Fronted, startFronted } from '../testing/fronted.js';
import { failureOf, messagesOf } from '../testing/outcome.js';
import { retryConditions } from './retry-policy.js';

let fronted: Fronted;
before(async () => {
  fronted = await startFronted();
});
after(() => fronted?.end());
beforeEach(() => {
  delete fronted.behaviour.before;
  delete fronted.behaviour.after;
});

const encode = () => fronted.channels.client(speechEncoderDefinition, fronted.mesh).encode(noMessages());
const reached = (call: string, from: readonly number[]) =>
  fronted.reached(call).map((count, instance) => count - from[instance]!);

async function* noMessages(): AsyncGenerator<never> {}

test('only statuses of which every row of the status table says "elsewhere" are retried', () => {
  const conditions = retryConditions(SpeechEncoder.method.encode);
  const rows: StatusEntry[] = Object.values(statusTable);
  const unavailable = rows.filter(({ code }) => code === statusTable.draining.code);
  assert.ok(unavailable.every(({ retry }) => retry === 'elsewhere'));
  assert.deepEqual(conditions, ['connect-failure', 'refused-stream', 'reset-before-request', 'unavailable']);
});

test('a call that may have run is repeated only where the contract declares the method idempotent', () => {
  const repeated = [SpeechUnderstanding, LanguageDecoder, SpeechEncoder].flatMap(({ methods }) =>
    methods.filter((method) => retryConditions(method).includes('reset')).map(({ name }) => name),
  );
  assert.deepEqual(repeated, ['Understand', 'Interpret', 'Describe', 'Generate']);
});

test('a refusal of a draining instance is tried on the other', async () => {
  const from = fronted.reached('Encode');
  let refused = false;
  fronted.behaviour.before = () => {
    if (refused) return;
    refused = true;
    throw new MeshError('draining', 'going away');
  };
  assert.equal((await messagesOf(encode())).length, 2);
  assert.deepEqual(reached('Encode', from), [1, 1]);
});

test('a full queue is told to the caller at once, with its pushback, and nothing is retried', async () => {
  const from = fronted.reached('Encode');
  fronted.behaviour.before = () => {
    throw new MeshError('queueFull', 'full', { pushbackMs: 123 });
  };
  const { kind, pushbackMs } = await failureOf(encode());
  assert.deepEqual({ kind, pushbackMs }, { kind: 'queueFull', pushbackMs: 123 });
  assert.deepEqual(reached('Encode', from).sort(), [0, 1]);
});
