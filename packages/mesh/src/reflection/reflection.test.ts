import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { reflectionV1, reflectionV1alpha, SpeechUnderstanding, serviceDefinition } from '@osum/proto';
import { createChannels } from '../client/channels.js';
import { bindService } from '../server/bind-service.js';
import { startServer } from '../server/server.js';
import { createTelemetry } from '../telemetry/telemetry.js';

const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });
const services = [
  bindService(SpeechUnderstanding, {
    async interpret() {
      return {};
    },
    async describe() {
      return {};
    },
    async *understand() {},
  }),
];
const server = await startServer({ stage: 'test', listen: '127.0.0.1:0', services, telemetry });
const channels = createChannels({ telemetry });
after(() => {
  channels.close();
  server.abort();
});

type Question = reflectionV1.ServerReflectionRequest['messageRequest'];
type Answer = reflectionV1.ServerReflectionResponse['messageResponse'];

async function ask(question: Question): Promise<Answer> {
  const client = channels.client(serviceDefinition(reflectionV1.ServerReflection), server.address);
  const request = create(reflectionV1.ServerReflectionRequestSchema, {
    host: 'h',
    messageRequest: question as never,
  });
  async function* requests() {
    yield request;
  }
  for await (const response of client.serverReflectionInfo(requests())) {
    assert.equal(response.validHost, 'h');
    assert.equal(response.originalRequest?.messageRequest.case, question.case);
    return response.messageResponse;
  }
  return assert.fail('no answer');
}

const allServices = [
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
  'osum.v1.SpeechUnderstanding',
];

test('all services are listed, in v1 and in v1alpha', async () => {
  const answer = await ask({ case: 'listServices', value: '' });
  assert.ok(answer.case === 'listServicesResponse');
  assert.deepEqual(
    answer.value.service.map(({ name }) => name),
    allServices,
  );
  const older = channels.client(serviceDefinition(reflectionV1alpha.ServerReflection), server.address);
  async function* requests() {
    yield { messageRequest: { case: 'listServices' as const, value: '' } };
  }
  for await (const { messageResponse } of older.serverReflectionInfo(requests())) {
    assert.ok(messageResponse.case === 'listServicesResponse');
    assert.deepEqual(
      messageResponse.value.service.map(({ name }) => name),
      allServices,
    );
  }
});

test('the files of a symbol suffice to build the service again', async () => {
  for (const value of [
    'osum.v1.SpeechUnderstanding',
    'osum.v1.SpeechUnderstanding.Interpret',
    'osum.v1.InterpretResponse.plan',
  ]) {
    const answer = await ask({ case: 'fileContainingSymbol', value });
    assert.ok(answer.case === 'fileDescriptorResponse', value);
    const file = answer.value.fileDescriptorProto.map((bytes) =>
      fromBinary(FileDescriptorProtoSchema, bytes),
    );
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: file.reverse() }));
    assert.equal(
      registry.getMessage('osum.v1.InterpretResponse')?.field.plan?.message?.fields.length,
      5,
      value,
    );
  }
});

test('files are found by name, enum values by their scope', async () => {
  assert.equal(
    (await ask({ case: 'fileByFilename', value: 'osum/v1/task.proto' })).case,
    'fileDescriptorResponse',
  );
  assert.equal(
    (await ask({ case: 'fileContainingSymbol', value: 'osum.v1.TASK_ASR' })).case,
    'fileDescriptorResponse',
  );
});

test('what is not known is NOT_FOUND', async () => {
  for (const question of [
    { case: 'fileContainingSymbol', value: 'osum.v1.Nothing' },
    { case: 'fileByFilename', value: 'nothing.proto' },
    { case: 'allExtensionNumbersOfType', value: 'osum.v1.Nothing' },
  ] as Question[]) {
    const answer = await ask(question);
    assert.ok(answer.case === 'errorResponse');
    assert.equal(answer.value.errorCode, 5);
  }
});
