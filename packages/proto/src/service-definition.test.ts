import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Channel, createChannel, createClient, createServer, type Server } from 'nice-grpc';
import {
  languageDecoderDefinition,
  speechEncoderDefinition,
  speechUnderstandingDefinition,
} from './definitions.js';
import { FinishReason, PromptMode } from './gen/osum/v1/decoder_pb.js';
import type { EncodeRequestSchema } from './gen/osum/v1/encoder_pb.js';
import { DataType } from './gen/osum/v1/tensor_pb.js';

let server: Server;
let channel: Channel;

before(async () => {
  server = createServer();
  server.add(speechUnderstandingDefinition, {
    async interpret(request) {
      return { plan: { tags: `<asr>${request.instruction}`, score: 0.5 } };
    },
    async describe() {
      return {};
    },
    async *understand() {},
  });
  server.add(languageDecoderDefinition, {
    async *generate(request) {
      yield { response: { case: 'admitted', value: { model: `${request.passes.length} passes` } } };
      yield { response: { case: 'passFinished', value: { pass: 0, reason: FinishReason.STOP } } };
    },
    async attach(requests) {
      const cases: (string | undefined)[] = [];
      for await (const { request } of requests) cases.push(request.case);
      return { report: { instance: cases.join() } };
    },
  });
  server.add(speechEncoderDefinition, {
    async *encode(requests) {
      for await (const { request } of requests) {
        if (request.case === 'frame') yield { response: { case: 'frame', value: request.value } };
      }
    },
  });
  const port = await server.listen('127.0.0.1:0');
  channel = createChannel(`127.0.0.1:${port}`);
});

after(() => {
  channel.close();
  server.forceShutdown();
});

test('a unary method takes plain initialisers and answers with full messages', async () => {
  const client = createClient(speechUnderstandingDefinition, channel);
  const { plan } = await client.interpret({ instruction: 'hello' });
  assert.equal(plan?.$typeName, 'osum.v1.Plan');
  assert.equal(plan.tags, '<asr>hello');
  assert.equal(plan.score, 0.5);
  assert.deepEqual(plan.passes, []);
});

test('a server-streaming method yields each message in order', async () => {
  const client = createClient(languageDecoderDefinition, channel);
  const seen: unknown[] = [];
  for await (const { response } of client.generate({
    passes: [{ mode: PromptMode.INTENT, instruction: 'x' }],
  })) {
    seen.push(response.case === 'admitted' ? response.value.model : response.case);
  }
  assert.deepEqual(seen, ['1 passes', 'passFinished']);
});

test('a client-streaming method sees each oneof case', async () => {
  const client = createClient(languageDecoderDefinition, channel);
  const { report } = await client.attach(
    (async function* () {
      yield { request: { case: 'attach' as const, value: { sessionId: 's', token: 't' } } };
      yield { request: { case: 'frame' as const, value: { frame: { case: 'end' as const, value: {} } } } };
    })(),
  );
  assert.equal(report?.instance, 'attach,frame');
});

test('a bidirectional method carries bytes, 64-bit numbers and enums unchanged', async () => {
  const client = createClient(speechEncoderDefinition, channel);
  async function* requests(): AsyncGenerator<MessageInitShape<typeof EncodeRequestSchema>> {
    yield { request: { case: 'config', value: {} } };
    const info = { name: 'features', dtype: DataType.BF16, shape: [1, 2] };
    const header = { case: 'header' as const, value: { info, byteSize: 2n ** 40n } };
    yield { request: { case: 'frame', value: { frame: header } } };
    const data = new Uint8Array([1, 254]);
    const chunk = { case: 'chunk' as const, value: { offset: 0n, data, crc32c: 0xffffffff } };
    yield { request: { case: 'frame', value: { frame: chunk } } };
  }
  const answers = client.encode(requests());
  const frames = [];
  for await (const { response } of answers) {
    assert.ok(response.case === 'frame');
    frames.push(response.value.frame);
  }
  const [header, chunk] = frames;
  assert.ok(header?.case === 'header' && chunk?.case === 'chunk');
  assert.equal(header.value.byteSize, 2n ** 40n);
  assert.equal(header.value.info?.dtype, DataType.BF16);
  assert.deepEqual([...chunk.value.data], [1, 254]);
  assert.equal(chunk.value.crc32c, 0xffffffff);
});

test('paths and idempotency come from the descriptors', () => {
  assert.equal(speechUnderstandingDefinition.interpret.path, '/osum.v1.SpeechUnderstanding/Interpret');
  assert.equal(speechUnderstandingDefinition.interpret.options.idempotencyLevel, 'NO_SIDE_EFFECTS');
  assert.equal(languageDecoderDefinition.generate.options.idempotencyLevel, 'IDEMPOTENT');
  assert.equal(languageDecoderDefinition.attach.options.idempotencyLevel, undefined);
  assert.equal(languageDecoderDefinition.attach.requestStream, true);
  assert.equal(languageDecoderDefinition.attach.responseStream, false);
});
