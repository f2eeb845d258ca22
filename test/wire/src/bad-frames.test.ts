import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { f32Tensor, type StatusKind, type TensorFrameInit, tensorFrames } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import {
  DataType,
  languageDecoderDefinition,
  modalityAdapterDefinition,
  speechEncoderDefinition,
} from '@osum/proto';
import { generateStream } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';

let chain: Chain;
before(async () => {
  chain = await startChain();
  await rememberGood(chain);
});
after(() => chain.close());

type Frame = TensorFrameInit;

/** Frames of a tensor of 16 rows in chunks of 1000 bytes, and what a test makes of them. */
function frames(name: string, width: number, rows = 16): Frame[] {
  const values = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i));
  return [...tensorFrames(f32Tensor(name, [rows, width], values), { chunkBytes: 1000 })];
}

function withHeader(
  all: Frame[],
  change: { name?: string; dtype?: number; shape?: number[]; byteSize?: bigint },
): Frame[] {
  const { frame } = all[0]!;
  assert.ok(frame?.case === 'header');
  const { byteSize, ...info } = change;
  const value = {
    ...frame.value,
    info: { ...frame.value.info, ...info },
    ...(byteSize === undefined ? {} : { byteSize }),
  };
  return [{ frame: { case: 'header', value } as never }, ...all.slice(1)];
}

function withChunk(
  all: Frame[],
  index: number,
  change: (chunk: { offset: bigint; data: Uint8Array; crc32c: number }) => object,
): Frame[] {
  return all.map((one, i) => {
    if (i !== index || one.frame?.case !== 'chunk') return one;
    const chunk = one.frame.value as { offset: bigint; data: Uint8Array; crc32c: number };
    return { frame: { case: 'chunk', value: { ...chunk, ...change(chunk) } } as never };
  });
}

const cases: readonly [string, StatusKind, RegExp, (all: Frame[], width: number) => Frame[]][] = [
  ['another name', 'badTensor', /the header is of "weights"/, (all) => withHeader(all, { name: 'weights' })],
  [
    'an integer element type',
    'badTensor',
    /the element type is I32/,
    (all) => withHeader(all, { dtype: DataType.I32 }),
  ],
  ['no element type', 'badTensor', /the element type is UNSPECIFIED/, (all) => withHeader(all, { dtype: 0 })],
  ['an unknown element type', 'badTensor', /the element type is 99/, (all) => withHeader(all, { dtype: 99 })],
  [
    'another width',
    'badTensor',
    /the shape is \[16, \d+\]/,
    (all, width) => withHeader(all, { shape: [16, width + 1] }),
  ],
  [
    'another rank',
    'badTensor',
    /the shape is \[1, 16, \d+\]/,
    (all, width) => withHeader(all, { shape: [1, 16, width] }),
  ],
  [
    'a size that does not fit the shape',
    'badTensor',
    /byte_size is \d+, but shape and element type make \d+/,
    (all, width) => withHeader(all, { byteSize: BigInt(16 * width * 4 - 4) }),
  ],
  [
    'no rows',
    'badTensor',
    /expected at least .*, got (none|0)/,
    (all, width) => [...withHeader(all.slice(0, 1), { shape: [0, width], byteSize: 0n }), all.at(-1)!],
  ],
  [
    'a huge tensor',
    'tooLong',
    /has \d+ bytes; the limit is \d+/,
    (all, width) => withHeader(all, { shape: [2 ** 22, width], byteSize: BigInt(2 ** 24 * width) }),
  ],
  [
    'a wrong offset',
    'badTensor',
    /chunk 1: expected offset 1000, got 1004/,
    (all) => withChunk(all, 2, ({ offset }) => ({ offset: offset + 4n })),
  ],
  [
    'a chunk twice',
    'badTensor',
    /chunk 1: expected offset 1000, got 0/,
    (all) => [...all.slice(0, 2), ...all.slice(1)],
  ],
  [
    'chunks in another order',
    'badTensor',
    /chunk 0: expected offset 0, got 1000/,
    (all) => [all[0]!, all[2]!, all[1]!, ...all.slice(3)],
  ],
  [
    'an empty chunk',
    'badTensor',
    /chunk 0: expected 1 to 524288 bytes, got 0/,
    (all) => withChunk(all, 1, () => ({ data: new Uint8Array(0), crc32c: 0 })),
  ],
  [
    'a wrong checksum',
    'corrupted',
    /chunk 1: its CRC-32C does not fit its bytes/,
    (all) => withChunk(all, 2, ({ crc32c }) => ({ crc32c: (crc32c ^ 1) >>> 0 })),
  ],
  [
    'changed bytes',
    'corrupted',
    /chunk 0: its CRC-32C does not fit its bytes/,
    (all) => withChunk(all, 1, ({ data }) => ({ data: data.map((byte) => byte ^ 255) })),
  ],
  [
    'bytes beyond the end',
    'badTensor',
    /ends at byte \d+ of \d+/,
    (all, width) => [
      ...all.slice(0, -1),
      ...withChunk([all[1]!], 0, () => ({ offset: BigInt(16 * width * 4) })),
      all.at(-1)!,
    ],
  ],
  ['no header', 'badOrder', /expected a header, got chunk/, (all) => all.slice(1)],
  ['two headers', 'badOrder', /expected a chunk or the end, got header/, (all) => [all[0]!, ...all]],
  [
    'an end too early',
    'badTensor',
    /the end came after 1000 of \d+ bytes/,
    (all) => [...all.slice(0, 2), all.at(-1)!],
  ],
  ['no end', 'badOrder', /expected a chunk or the end, got the end of the stream/, (all) => all.slice(0, -1)],
  ['nothing', 'badOrder', /expected a header, got the end of the stream/, () => []],
  [
    'something after the end',
    'badOrder',
    /expected the end of the stream, got header/,
    (all) => [...all, all[0]!],
  ],
  [
    'an empty frame',
    'badOrder',
    /expected a chunk or the end, got an empty frame/,
    (all) => [all[0]!, {}, ...all.slice(1)],
  ],
];

async function* requests(head: object, tail: readonly Frame[]) {
  yield { request: head } as never;
  for (const value of tail) yield { request: { case: 'frame', value } } as never;
}

async function drain(responses: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of responses);
}

const config = { case: 'config', value: {} };

describe('SpeechEncoder.Encode', () => {
  for (const [what, kind, says, spoil] of cases) {
    test(`${what} is refused, and the next request is answered`, async () => {
      const client = chain.channels.client(speechEncoderDefinition, chain.encoder.address);
      const bad = spoil(frames('features', 80), 80);
      await refusedWith(drain(client.encode(requests(config, bad))), kind, says);
      await assertStillGood(chain);
    });
  }
  test('frames before the configuration are refused', async () => {
    const client = chain.channels.client(speechEncoderDefinition, chain.encoder.address);
    const frame = { case: 'frame', value: frames('features', 80)[0]! };
    const call = drain(client.encode(requests(frame, [])));
    await refusedWith(call, 'badOrder', /expected first messages to be `config`, got `frame`/);
    await assertStillGood(chain);
  });
  test('more frames than the model has positions are refused, with the limit', async () => {
    const client = chain.channels.client(speechEncoderDefinition, chain.encoder.address);
    const long = {
      name: 'features',
      dtype: DataType.BF16,
      shape: [1001, 80],
      data: new Uint8Array(1001 * 80 * 2),
    };
    const { facts } = await refusedWith(
      drain(client.encode(requests(config, [...tensorFrames(long)]))),
      'tooLong',
      /1001 frames of features exceed the 1000 \(10 s\)/,
    );
    assert.equal(facts.limitFrames, '1000');
    await assertStillGood(chain);
  });
});

describe('ModalityAdapter.Adapt', () => {
  for (const [what, kind, says, spoil] of cases) {
    test(`${what} is refused, and the next request is answered`, async () => {
      const client = chain.channels.client(modalityAdapterDefinition, chain.adapter.address);
      const bad = spoil(frames('hidden', 128), 128);
      await refusedWith(drain(client.adapt(requests(config, bad))), kind, says);
      await assertStillGood(chain);
    });
  }
});

describe('LanguageDecoder.Attach', () => {
  for (const [what, kind, says, spoil] of cases) {
    test(`${what} is refused and ends the session with ABORTED, and the next request is answered`, async () => {
      const client = chain.channels.client(languageDecoderDefinition, chain.decoder.address);
      const bad = spoil(frames('speech', 128), 128);
      let attached: Promise<unknown> = Promise.resolve();
      const session = (async () => {
        for await (const { response } of generateStream(chain, [{}], 30)) {
          if (response.case !== 'admitted') continue;
          const { sessionId, token } = response.value.attach!;
          attached = client.attach(requests({ case: 'attach', value: { sessionId, token } }, bad));
          attached.catch(() => {});
        }
      })();
      await refusedWith(
        session,
        'sessionLost',
        /The speech could not be attached: .* Start the session again/,
      );
      await refusedWith(attached, kind, says);
      await assertStillGood(chain);
    });
  }
});
