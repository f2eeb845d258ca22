import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import {
  DataType,
  type EncodeRequestSchema,
  SpeechEncoder,
  speechEncoderDefinition,
  type TensorFrame,
  TensorFrameSchema,
} from '@osum/proto';
import {
  f32Tensor,
  f32Values,
  maxChunkBytes,
  type TensorFrameInit,
  tensorFrames,
  tensorInfo,
  type WireTensor,
} from '@osum/tensor';
import { type Channels, createChannels, type MeshClient } from '../client/channels.js';
import { bindService } from '../server/bind-service.js';
import { type RunningServer, startServer } from '../server/server.js';
import { RemoteError } from '../status/remote-error.js';
import type { StatusKind } from '../status/status-table.js';
import { createTelemetry } from '../telemetry/telemetry.js';
import { openStream } from './open-stream.js';
import { readTensor } from './read-tensor.js';

type EncodeInit = MessageInitShape<typeof EncodeRequestSchema>;

const telemetry = createTelemetry({ name: 'echo', logLevel: 'silent' });
const bins = 80;
let server: RunningServer;
let channels: Channels;
let client: MeshClient<typeof speechEncoderDefinition>;

before(async () => {
  const echo = bindService(SpeechEncoder, {
    async *encode(requests) {
      const { rest } = await openStream(requests, 'config', 'frame');
      const dtypes = [DataType.F32, DataType.BF16];
      const { tensor } = await readTensor(rest, {
        name: 'features',
        dtypes,
        shape: [null, bins],
        maxBytes: 2 ** 24,
      });
      for (const frame of tensorFrames(tensor)) yield { response: { case: 'frame', value: frame } };
      yield { response: { case: 'report', value: {} } };
    },
  });
  server = await startServer({ stage: 'echo', listen: '127.0.0.1:0', services: [echo], telemetry });
  channels = createChannels({ telemetry });
  client = channels.client(speechEncoderDefinition, server.address);
});

after(() => {
  channels.close();
  server.abort();
});

const config: EncodeInit = { request: { case: 'config', value: {} } };

async function* requests(frames: Iterable<TensorFrameInit>): AsyncGenerator<EncodeInit> {
  yield config;
  for (const value of frames) yield { request: { case: 'frame', value } };
}

async function echo(frames: Iterable<TensorFrameInit>): Promise<WireTensor> {
  async function* responses(): AsyncGenerator<TensorFrame> {
    for await (const { response } of client.encode(requests(frames))) {
      if (response.case === 'frame') yield response.value;
    }
  }
  const expected = {
    name: 'features',
    dtypes: [DataType.F32, DataType.BF16],
    shape: [null, bins],
    maxBytes: 2 ** 24,
  };
  return (await readTensor(responses(), expected)).tensor;
}

function features(frameCount: number): WireTensor {
  const values = Float32Array.from({ length: frameCount * bins }, (_, i) => Math.sin(i));
  return f32Tensor('features', [frameCount, bins], values);
}

/** The frames of a small tensor in several chunks, with one of them changed. */
function broken(change: (frames: TensorFrame[]) => void): TensorFrame[] {
  const frames = [...tensorFrames(features(4), { chunkBytes: 500 })].map((frame) =>
    create(TensorFrameSchema, frame),
  );
  assert.deepEqual(
    frames.map(({ frame }) => frame.case),
    ['header', 'chunk', 'chunk', 'chunk', 'end'],
  );
  change(frames);
  return frames;
}

function headerOf(frames: readonly TensorFrame[]) {
  const frame = frames[0]!.frame;
  assert.ok(frame.case === 'header');
  return frame.value;
}

function chunkOf(frames: readonly TensorFrame[], index: number) {
  const frame = frames[1 + index]!.frame;
  assert.ok(frame.case === 'chunk');
  return frame.value;
}

for (const frameCount of [0, 1, 3, 1638, 1639, 30_000]) {
  test(`a tensor of ${frameCount} x ${bins} floats comes back bit for bit`, async () => {
    const tensor = features(frameCount);
    const back = await echo(tensorFrames(tensor));
    assert.deepEqual(tensorInfo(back), tensorInfo(tensor));
    assert.ok(Buffer.from(back.data).equals(tensor.data));
  });
}

test('bf16 travels as it is, and its values can be read', async () => {
  const data = new Uint8Array(bins * 2);
  data.set([0x80, 0x3f, 0x00, 0xc0]);
  const back = await echo(tensorFrames({ name: 'features', dtype: DataType.BF16, shape: [1, bins], data }));
  assert.equal(back.dtype, DataType.BF16);
  assert.deepEqual([...f32Values(back).subarray(0, 3)], [1, -2, 0]);
});

test('no frame of a large tensor is larger than a chunk and its header', () => {
  const chunks = [...tensorFrames(features(30_000))].map(({ frame }) =>
    frame?.case === 'chunk' ? (frame.value.data?.byteLength ?? 0) : 0,
  );
  assert.equal(Math.max(...chunks), maxChunkBytes);
  assert.equal(
    chunks.reduce((sum, bytes) => sum + bytes, 0),
    30_000 * bins * 4,
  );
});

const cases: { what: string; change: (frames: TensorFrame[]) => void; kind: StatusKind; says: RegExp }[] = [
  {
    what: 'another element type',
    change: (frames) => (headerOf(frames).info!.dtype = DataType.I8),
    kind: 'badTensor',
    says: /expected tensor "features" of F32 or BF16, shape \[\*, 80\]; the element type is I8/,
  },
  {
    what: 'an unknown element type',
    change: (frames) => (headerOf(frames).info!.dtype = 99 as DataType),
    kind: 'badTensor',
    says: /the element type is 99/,
  },
  {
    what: 'another shape',
    change: (frames) => (headerOf(frames).info!.shape = [80, 4]),
    kind: 'badTensor',
    says: /the shape is \[80, 4\]/,
  },
  {
    what: 'another rank',
    change: (frames) => (headerOf(frames).info!.shape = [1, 4, 80]),
    kind: 'badTensor',
    says: /the shape is \[1, 4, 80\]/,
  },
  {
    what: 'another name',
    change: (frames) => (headerOf(frames).info!.name = 'hidden'),
    kind: 'badTensor',
    says: /the header is of "hidden"/,
  },
  {
    what: 'a size that the shape does not make',
    change: (frames) => (headerOf(frames).byteSize = 1281n),
    kind: 'badTensor',
    says: /byte_size is 1281, but shape and element type make 1280/,
  },
  {
    what: 'more than the limit',
    change: (frames) => {
      headerOf(frames).info!.shape = [2 ** 22, bins];
      headerOf(frames).byteSize = BigInt(2 ** 22 * bins * 4);
    },
    kind: 'tooLong',
    says: /the limit is 16777216/,
  },
  {
    what: 'a wrong offset',
    change: (frames) => (chunkOf(frames, 1).offset = 501n),
    kind: 'badTensor',
    says: /chunk 1: expected offset 500, got 501/,
  },
  {
    what: 'a wrong checksum',
    change: (frames) => (chunkOf(frames, 2).crc32c = (chunkOf(frames, 2).crc32c ^ 1) >>> 0),
    kind: 'corrupted',
    says: /chunk 2: its CRC-32C does not fit/,
  },
  {
    what: 'a flipped bit',
    change: (frames) => {
      const chunk = chunkOf(frames, 0);
      chunk.data = chunk.data.slice();
      chunk.data[7]! ^= 64;
    },
    kind: 'corrupted',
    says: /chunk 0: its CRC-32C does not fit/,
  },
  {
    what: 'an empty chunk',
    change: (frames) => (chunkOf(frames, 0).data = new Uint8Array()),
    kind: 'badTensor',
    says: /expected 1 to 524288 bytes, got 0/,
  },
  {
    what: 'chunks in another order',
    change: (frames) => frames.splice(1, 2, frames[2]!, frames[1]!),
    kind: 'badTensor',
    says: /chunk 0: expected offset 0, got 500/,
  },
  {
    what: 'a missing chunk',
    change: (frames) => frames.splice(3, 1),
    kind: 'badTensor',
    says: /the end came after 1000 of 1280 bytes/,
  },
  {
    what: 'a missing header',
    change: (frames) => frames.splice(0, 1),
    kind: 'badOrder',
    says: /expected a header, got chunk/,
  },
  {
    what: 'a second header',
    change: (frames) => frames.splice(2, 0, frames[0]!),
    kind: 'badOrder',
    says: /expected a chunk or the end, got header/,
  },
  {
    what: 'a missing end',
    change: (frames) => frames.splice(4, 1),
    kind: 'badOrder',
    says: /expected a chunk or the end, got the end of the stream/,
  },
  {
    what: 'a frame after the end',
    change: (frames) => frames.push(frames[0]!),
    kind: 'badOrder',
    says: /expected the end of the stream, got header/,
  },
  {
    what: 'a frame without content',
    change: (frames) => frames.splice(0, 1, create(TensorFrameSchema)),
    kind: 'badOrder',
    says: /expected a header, got an empty frame/,
  },
];

for (const { what, change, kind, says } of cases) {
  test(`${what} is refused, and the next tensor is taken`, async () => {
    await assert.rejects(echo(broken(change)), (error) => {
      assert.ok(error instanceof RemoteError, `${error}`);
      assert.equal(error.kind, kind);
      assert.match(error.details, says);
      const code =
        { corrupted: status.DATA_LOSS, tooLong: status.OUT_OF_RANGE }[kind as string] ??
        status.INVALID_ARGUMENT;
      assert.equal(error.code, code);
      return true;
    });
    const tensor = features(2);
    assert.ok(Buffer.from((await echo(tensorFrames(tensor))).data).equals(tensor.data));
  });
}

test('a chunk beyond the end of the tensor is refused', async () => {
  const frames = [...tensorFrames(features(4))].map((frame) => create(TensorFrameSchema, frame));
  const [header, chunk, end] = frames;
  const more = [...tensorFrames(features(1))].map((frame) => create(TensorFrameSchema, frame))[1]!;
  assert.ok(more.frame.case === 'chunk');
  more.frame.value.offset = 1280n;
  await assert.rejects(echo([header!, chunk!, more, end!]), /ends at byte 1600 of 1280/);
});

test('a stream that does not begin with its configuration is refused', async () => {
  async function* noConfig(): AsyncGenerator<EncodeInit> {
    for (const value of tensorFrames(features(1))) yield { request: { case: 'frame', value } };
  }
  await assert.rejects(async () => {
    for await (const _ of client.encode(noConfig()));
  }, /expected first messages to be `config`, got `frame`/);
  async function* nothing(): AsyncGenerator<EncodeInit> {}
  await assert.rejects(async () => {
    for await (const _ of client.encode(nothing()));
  }, /expected first messages to be `config`, got none/);
  async function* twice(): AsyncGenerator<EncodeInit> {
    yield config;
    yield config;
  }
  await assert.rejects(async () => {
    for await (const _ of client.encode(twice()));
  }, /expected later messages to be `frame`, got `config`/);
});

test('f32Tensor checks its shape, f32Values copies only when unaligned', () => {
  assert.throws(() => f32Tensor('x', [2, 2], new Float32Array(3)), /shape \[2, 2\] needs 4 values, got 3/);
  const aligned = f32Tensor('x', [2], Float32Array.of(1, 2));
  assert.equal(f32Values(aligned).buffer, aligned.data.buffer);
  const shifted = new Uint8Array(9);
  shifted.set(aligned.data, 1);
  assert.deepEqual([...f32Values({ ...aligned, data: shifted.subarray(1) })], [1, 2]);
  assert.throws(() => f32Values({ ...aligned, dtype: DataType.I8 }), /expected F32 or BF16, got I8/);
});
