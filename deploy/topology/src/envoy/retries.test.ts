import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { DescMethod } from '@bufbuild/protobuf';
import { MeshError, type StatusEntry, statusTable } from '@osum/mesh';
import {
  FeatureExtractor,
  LanguageDecoder,
  languageDecoderDefinition,
  ModalityAdapter,
  SpeechEncoder,
  SpeechUnderstanding,
  speechEncoderDefinition,
} from '@osum/proto';
import { type Fronted, startFronted } from '../testing/fronted.js';
import { failureOf, messagesOf } from '../testing/outcome.js';
import { retryConditions } from './retry-policy.js';

const neverArrived = ['connect-failure', 'refused-stream', 'reset-before-request'];

let fronted: Fronted;
before(async () => {
  fronted = await startFronted();
});
after(() => fronted?.end());
beforeEach(() => {
  delete fronted.behaviour.before;
});

const encode = () => fronted.channels.client(speechEncoderDefinition, fronted.mesh).encode(noMessages());
const generate = () => fronted.channels.client(languageDecoderDefinition, fronted.mesh).generate({});
const since = (call: string, from: readonly number[]) =>
  fronted.reached(call).map((count, instance) => count - from[instance]!);

async function* noMessages(): AsyncGenerator<never> {}

/** Lets the next call be refused, as a draining instance does. */
function refuseOnce(): void {
  let refused = false;
  fronted.behaviour.before = () => {
    if (refused) return;
    refused = true;
    throw new MeshError('draining', 'going away');
  };
}

test('refusals are retried only with statuses of which every row of the status table says "elsewhere"', () => {
  const rows: StatusEntry[] = Object.values(statusTable);
  const unavailable = rows.filter(({ code }) => code === statusTable.draining.code);
  assert.ok(unavailable.every(({ retry }) => retry === 'elsewhere'));
  assert.deepEqual(retryConditions(LanguageDecoder.method.generate), [
    ...neverArrived,
    'unavailable',
    'reset',
  ]);
});

test('a call that reached an instance is repeated only where the contract declares the method idempotent', () => {
  const services = [SpeechUnderstanding, FeatureExtractor, SpeechEncoder, ModalityAdapter, LanguageDecoder];
  const methods = services.flatMap((service): readonly DescMethod[] => service.methods);
  const repeated = methods.filter((method) => retryConditions(method).includes('reset'));
  assert.deepEqual(
    repeated.map(({ name }) => name),
    ['Understand', 'Interpret', 'Describe', 'Generate'],
  );
  for (const method of methods) {
    if (!repeated.includes(method)) assert.deepEqual(retryConditions(method), neverArrived);
  }
});

test('a refusal of a draining instance is tried on the other', async () => {
  const from = fronted.reached('Generate');
  refuseOnce();
  assert.equal((await messagesOf(generate())).length, 2);
  assert.deepEqual(since('Generate', from), [1, 1]);
});

test('a refusal of a call that is part of an utterance is passed on: the router begins the utterance again', async () => {
  const from = fronted.reached('Encode');
  refuseOnce();
  const { kind, retryElsewhere } = await failureOf(encode());
  assert.deepEqual({ kind, retryElsewhere }, { kind: 'draining', retryElsewhere: true });
  assert.deepEqual(since('Encode', from).sort(), [0, 1]);
});

test('a full queue is told to the caller at once, with its pushback, and nothing is retried', async () => {
  const from = fronted.reached('Generate');
  fronted.behaviour.before = () => {
    throw new MeshError('queueFull', 'full', { pushbackMs: 123 });
  };
  const { kind, pushbackMs } = await failureOf(generate());
  assert.deepEqual({ kind, pushbackMs }, { kind: 'queueFull', pushbackMs: 123 });
  assert.deepEqual(since('Generate', from).sort(), [0, 1]);
});
