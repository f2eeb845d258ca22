import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { GenerateRequestSchema, Grammar, PromptMode } from './gen/osum/v1/decoder_pb.js';
import { DataType, TensorFrameSchema } from './gen/osum/v1/tensor_pb.js';
import { UnderstandRequestSchema, UnderstandResponseSchema } from './gen/osum/v1/understanding_pb.js';

/** Bytes that clients of any age and language send and understand. */
function assertWire<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>, hex: string): void {
  const message = create(schema, init);
  assert.equal(Buffer.from(toBinary(schema, message)).toString('hex'), hex);
  assert.deepEqual(fromBinary(schema, Uint8Array.from(Buffer.from(hex, 'hex'))), message);
}

test('a tensor header keeps its bytes', () => {
  const info = { name: 'features', dtype: DataType.BF16, shape: [100, 80] };
  assertWire(
    TensorFrameSchema,
    { frame: { case: 'header', value: { info, byteSize: 16000n } } },
    '0a150a100a08666561747572657310031a02645010807d',
  );
});

test('a tensor chunk keeps its bytes', () => {
  const value = { offset: 524288n, data: Uint8Array.of(1, 2, 3), crc32c: 0xdeadbeef };
  assertWire(TensorFrameSchema, { frame: { case: 'chunk', value } }, '120e0880802012030102031defbeadde');
});

test('a session keeps its bytes', () => {
  const passes = [
    { mode: PromptMode.UNDERSTAND, instruction: '<asr>', grammar: Grammar.FREE, maxNewTokens: 400 },
  ];
  assertWire(
    GenerateRequestSchema,
    { passes, speechRows: 21, model: 'm' },
    '0a0e080112053c6173723e180120900310151a016d',
  );
});

test('a wish and a piece of a result keep their bytes', () => {
  const wish = { case: 'tags' as const, value: '<asr>' };
  assertWire(UnderstandRequestSchema, { request: { case: 'config', value: { wish } } }, '0a0712053c6173723e');
  const event = { case: 'gender' as const, value: { label: 'FEMALE', confidence: 0.5 } };
  assertWire(
    UnderstandResponseSchema,
    { response: { case: 'event', value: { utterance: 1, pass: 2, event } } },
    '2217080110024a110a0646454d414c4511000000000000e03f',
  );
});
