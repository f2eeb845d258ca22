import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import {
  type Channels,
  createChannels,
  createTelemetry,
  f32Tensor,
  f32Values,
  MeshError,
  RemoteError,
  type RunningServer,
  startServer,
  type WireTensor,
} from '@osum/mesh';
import { DataType, inference, serviceDefinition } from '@osum/proto';
import { type OpenInferenceModel, openInferenceService } from './open-inference-service.js';

type InferRequest = Exclude<
  MessageInitShape<typeof inference.ModelInferRequestSchema>,
  { $typeName: string }
>;
type Input = MessageInitShape<typeof inference.ModelInferRequest_InferInputTensorSchema>;

/** Twice its input, and its sum. */
const doubler: OpenInferenceModel = {
  name: 'doubler',
  version: '1.2.3',
  properties: { package: 'test' },
  inputs: [{ name: 'x', dtype: DataType.F32, alsoTakes: [DataType.BF16], shape: [-1, 2] }],
  outputs: [
    { name: 'doubled', dtype: DataType.F32, shape: [-1, 2] },
    { name: 'sum', dtype: DataType.F32, shape: [1] },
  ],
  async infer(inputs) {
    const [x] = inputs as [WireTensor];
    const values = f32Values(x);
    if (values.includes(13)) throw new MeshError('tooLong', 'no thirteens');
    const sum = values.reduce((total, value) => total + value, 0);
    return [
      f32Tensor(
        'doubled',
        x.shape,
        values.map((value) => 2 * value),
      ),
      f32Tensor('sum', [1], Float32Array.of(sum)),
    ];
  },
};

describe('the Open Inference Protocol', () => {
  let model: OpenInferenceModel | null = doubler;
  let server: RunningServer;
  let channels: Channels;
  before(async () => {
    const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });
    const services = [openInferenceService(() => model)];
    server = await startServer({ stage: 'test', listen: '127.0.0.1:0', services, telemetry });
    channels = createChannels({ telemetry });
  });
  beforeEach(() => {
    model = doubler;
  });
  after(() => {
    channels.close();
    server.abort();
  });

  const client = () => channels.client(serviceDefinition(inference.GRPCInferenceService), server.address);
  const bytes = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
  const input = (more: object = {}): Input => ({ name: 'x', datatype: 'FP32', shape: [1n, 2n], ...more });
  const infer = (request: InferRequest) => client().modelInfer({ modelName: 'doubler', ...request });
  const raw = (...values: number[]): InferRequest => ({
    inputs: [input({ shape: [BigInt(values.length / 2), 2n] })],
    rawInputContents: [bytes(...values)],
  });

  it('says what is served', async () => {
    assert.deepEqual((await client().serverMetadata({})).name, 'osum-mesh');
    const metadata = await client().modelMetadata({ name: 'doubler', version: '1.2.3' });
    assert.deepEqual(
      [metadata.versions, metadata.properties, metadata.inputs.length],
      [['1.2.3'], { package: 'test' }, 1],
    );
    const [x] = metadata.inputs;
    assert.deepEqual([x?.name, x?.datatype, x?.shape], ['x', 'FP32', [-1n, 2n]]);
    assert.deepEqual(
      metadata.outputs.map(({ name }) => name),
      ['doubled', 'sum'],
    );
  });

  it('is live but not ready while it loads', async () => {
    model = null;
    assert.equal((await client().serverLive({})).live, true);
    assert.equal((await client().serverReady({})).ready, false);
    assert.equal((await client().modelReady({ name: 'doubler' })).ready, false);
    await assert.rejects(infer(raw(1, 2)), (error: RemoteError) => error.code === status.UNAVAILABLE);
    model = doubler;
    assert.equal((await client().serverReady({})).ready, true);
    assert.equal((await client().modelReady({ name: 'doubler' })).ready, true);
  });

  it('answers raw and typed contents alike, in raw', async () => {
    const requests: InferRequest[] = [
      raw(1, 2),
      { inputs: [input({ contents: { fp32Contents: [1, 2] } })] },
      {
        inputs: [input({ datatype: 'BF16' })],
        rawInputContents: [Uint8Array.of(0x80, 0x3f, 0x00, 0x40)],
      },
    ];
    for (const request of requests) {
      const response = await infer({ ...request, id: 'call-1' });
      assert.deepEqual(
        [response.id, response.modelName, response.modelVersion],
        ['call-1', 'doubler', '1.2.3'],
      );
      assert.deepEqual(
        response.outputs.map(({ name, datatype, shape }) => [name, datatype, shape]),
        [
          ['doubled', 'FP32', [1n, 2n]],
          ['sum', 'FP32', [1n]],
        ],
      );
      assert.deepEqual(
        response.rawOutputContents.map((data) => Uint8Array.from(data)),
        [bytes(2, 4), bytes(3)],
      );
    }
    const { outputs, rawOutputContents } = await infer({ ...raw(1, 2, 3, 4), outputs: [{ name: 'sum' }] });
    assert.deepEqual(
      outputs.map(({ name }) => name),
      ['sum'],
    );
    assert.deepEqual(
      rawOutputContents.map((data) => Uint8Array.from(data)),
      [bytes(10)],
    );
  });

  it('refuses what does not fit, and passes on what the model refuses', async () => {
    const region = { parameterChoice: { case: 'stringParam' as const, value: 'r' } };
    const wrong: [InferRequest, status, RegExp][] = [
      [{ modelName: 'other' }, status.NOT_FOUND, /"other" is not served here; "doubler 1\.2\.3" is/],
      [{ modelVersion: '2' }, status.NOT_FOUND, /"doubler 2"/],
      [{}, status.INVALID_ARGUMENT, /expected an input named x/],
      [
        { ...raw(1, 2), outputs: [{ name: 'y' }] },
        status.INVALID_ARGUMENT,
        /no output "y"; there is doubled, sum/,
      ],
      [
        { inputs: [input({ name: 'z' })], rawInputContents: [bytes(1, 2)] },
        status.INVALID_ARGUMENT,
        /got "z"/,
      ],
      [
        { inputs: [input(), input()], rawInputContents: [bytes(1, 2), bytes(1, 2)] },
        status.INVALID_ARGUMENT,
        /each once/,
      ],
      [{ inputs: [input()], rawInputContents: [bytes(1)] }, status.INVALID_ARGUMENT, /8 bytes.*got 4 bytes/],
      [
        { inputs: [input()], rawInputContents: [bytes(1), bytes(2)] },
        status.INVALID_ARGUMENT,
        /one entry for each/,
      ],
      [
        { inputs: [input({ contents: { fp32Contents: [1, 2] } })], rawInputContents: [bytes(1, 2)] },
        status.INVALID_ARGUMENT,
        /none beside raw_input_contents/,
      ],
      [{ inputs: [input({ datatype: 'BF16' })] }, status.INVALID_ARGUMENT, /only as raw bytes/],
      [{ inputs: [input({ datatype: 'FLOAT' })] }, status.INVALID_ARGUMENT, /expected one of FP32/],
      [{ inputs: [input({ shape: [-1n, 2n] })] }, status.INVALID_ARGUMENT, /got -1/],
      [
        { inputs: [input({ shape: [2n] })], rawInputContents: [bytes(1, 2)] },
        status.INVALID_ARGUMENT,
        /expected FP32 or BF16, shape \[-1, 2\]; got FP32, shape \[2\]/,
      ],
      [
        { inputs: [input({ parameters: { shared_memory_region: region } })] },
        status.INVALID_ARGUMENT,
        /shared_memory_region: this extension is not served/,
      ],
      [raw(13, 0), status.OUT_OF_RANGE, /no thirteens/],
    ];
    for (const [request, code, words] of wrong) {
      await assert.rejects(infer(request), (error: unknown) => {
        assert.ok(error instanceof RemoteError, String(error));
        assert.equal(error.code, code, error.details);
        assert.match(error.details, words);
        return true;
      });
    }
  });
});
