import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exporterChoice } from './exporter-choice.js';

const grpc = 'http://collector:4317';

test('without an endpoint there are no traces', () => {
  assert.equal(exporterChoice(undefined, {}), null);
  assert.equal(exporterChoice(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }), null);
});

test('a configured endpoint is spoken to by gRPC, unless the protocol is named', () => {
  assert.deepEqual(exporterChoice(grpc, {}), { protocol: 'grpc', url: grpc });
  const http = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };
  assert.deepEqual(exporterChoice('http://collector:4318/', http), {
    protocol: 'http/protobuf',
    url: 'http://collector:4318/v1/traces',
  });
});

test("an endpoint of OpenTelemetry's variables is left to the SDK, with the specification's default protocol", () => {
  const variable = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  assert.deepEqual(exporterChoice(undefined, variable), { protocol: 'http/protobuf', url: undefined });
  const traces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: grpc, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc' };
  assert.deepEqual(exporterChoice(undefined, traces), { protocol: 'grpc', url: undefined });
});

test("OpenTelemetry's switches turn tracing off", () => {
  assert.equal(exporterChoice(grpc, { OTEL_SDK_DISABLED: 'true' }), null);
  assert.equal(exporterChoice(grpc, { OTEL_TRACES_EXPORTER: 'none' }), null);
});

test('a value that cannot be used is named, with what was expected', () => {
  assert.throws(() => exporterChoice(grpc, { OTEL_TRACES_EXPORTER: 'zipkin' }), {
    message: 'OTEL_TRACES_EXPORTER: expected otlp or none, got zipkin',
  });
  assert.throws(() => exporterChoice(grpc, { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }), {
    message: 'OTEL_EXPORTER_OTLP_PROTOCOL: expected grpc or http/protobuf, got http/json',
  });
});
