import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { createTelemetry, MeshError } from '@osum/mesh';
import { messagesOf, pcm16k, pcmBytes, tone } from './testing/calls.js';
import { type FakeMesh, startFakeMesh } from './testing/fake-mesh.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const span = { traceId, spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.SAMPLED, isRemote: true };
const options = { trace: trace.setSpanContext(ROOT_CONTEXT, span) };

const lines: Record<string, unknown>[] = [];
let mesh: FakeMesh;
before(async () => {
  const logDestination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  mesh = await startFakeMesh({}, {}, createTelemetry({ name: 'router', logLevel: 'debug', logDestination }));
});
after(() => mesh.close());

test('every line about a call names its trace, also those of a failure and of its repetition elsewhere', async () => {
  const ask = (tags: string) => {
    const config = { wish: { case: 'tags' as const, value: tags }, format: pcm16k };
    return messagesOf(mesh.client, config, pcmBytes(tone(1)), options);
  };
  await ask('<asr>');
  for (const features of mesh.features) features.failures = [new MeshError('deviceLost', 'gone')];
  await ask('<asr>').catch(() => {});
  await assert.rejects(ask('nonsense'));
  const ofCalls = lines.filter(({ rpc }) => rpc !== undefined);
  const messages = new Set(ofCalls.map(({ msg }) => msg));
  for (const msg of ['utterance answered', 'trying the utterance elsewhere', 'call refused', 'call ended']) {
    assert.ok(messages.has(msg), `${msg}: ${[...messages]}`);
  }
  for (const line of ofCalls) assert.equal(line.trace_id, traceId, JSON.stringify(line));
});
