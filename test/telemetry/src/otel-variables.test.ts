import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { openTelemetry } from '@osum/mesh';
import { type OtlpReceiver, startOtlpReceiver } from './tools/otlp-receiver.js';
import { until } from './tools/until.js';

const config = { logLevel: 'silent', captureContent: false };

describe("a service whose traces are configured by OpenTelemetry's variables", () => {
  let receiver: OtlpReceiver;
  const set = new Set<string>();
  const variables = (values: Record<string, string>) => {
    for (const [name, value] of Object.entries(values)) {
      process.env[name] = value;
      set.add(name);
    }
  };

  before(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => {
    for (const name of set) delete process.env[name];
    set.clear();
  });
  after(() => receiver.close());

  const recordSpan = async (name: string) => {
    const telemetry = await openTelemetry('encoder', config);
    telemetry.tracer.startSpan(name).end();
    await telemetry.close();
  };
  const arrived = (name: string) =>
    until(
      () => receiver.spans().find((span) => span.name === name),
      () => `the span ${name} did not arrive: ${receiver.text()}`,
    );

  it('sends them where the endpoint says, by HTTP unless the protocol says gRPC', async () => {
    variables({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl });
    await recordSpan('by http');
    assert.equal((await arrived('by http')).service, 'osum-encoder');
    variables({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    await recordSpan('by grpc');
    await arrived('by grpc');
  });

  it('names itself as they say', async () => {
    variables({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl,
      OTEL_SERVICE_NAME: 'speech-encoder',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging',
    });
    await recordSpan('named');
    const { service, resource } = await arrived('named');
    assert.equal(service, 'speech-encoder');
    assert.equal(resource['deployment.environment.name'], 'staging');
    assert.equal(resource['service.namespace'], 'osum-mesh');
  });

  it('records none that the sampler leaves out', async () => {
    variables({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl, OTEL_TRACES_SAMPLER: 'always_off' });
    await recordSpan('left out');
    variables({ OTEL_TRACES_SAMPLER: 'always_on' });
    await recordSpan('kept');
    await arrived('kept');
    assert.ok(!receiver.text().includes('left out'));
  });
});
