import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createOsumClient, type OsumClient } from '@osum/client';
import { type Services, startServices } from './services.js';
import { type OtlpReceiver, startOtlpReceiver } from './tools/otlp-receiver.js';
import { inRepository } from './tools/repository.js';
import { until } from './tools/until.js';
import { label, outline } from './trace-outline.js';
import { createTracedCaller, type TracedCaller } from './traced-caller.js';

// Spans are sent soon after they end, not only after the SDK's five seconds.
process.env.OTEL_BSP_SCHEDULE_DELAY = '100';

const audio = inRepository('test/recordings/hold-fast.ogg');
const understanding = 'osum.v1.SpeechUnderstanding';
const decoding = 'osum.v1.LanguageDecoder';

/** What happens for an utterance, each below what caused it. */
const utteranceTree = `
osum-router INTERNAL utterance
  osum-router CLIENT ${decoding}/Generate
    osum-decoder SERVER ${decoding}/Generate
      osum-decoder INTERNAL generate_content osum-nano
  osum-router CLIENT osum.v1.FeatureExtractor/Extract
    osum-features SERVER osum.v1.FeatureExtractor/Extract
      osum-features CLIENT osum.v1.SpeechEncoder/Encode
        osum-encoder SERVER osum.v1.SpeechEncoder/Encode
          osum-encoder CLIENT osum.v1.ModalityAdapter/Adapt
            osum-adapter SERVER osum.v1.ModalityAdapter/Adapt
              osum-adapter CLIENT ${decoding}/Attach
                osum-decoder SERVER ${decoding}/Attach`;

describe('a mesh whose services send their traces to an OTLP receiver', () => {
  let receiver: OtlpReceiver;
  let services: Services;
  let caller: TracedCaller;
  let client: OsumClient;

  before(async () => {
    receiver = await startOtlpReceiver();
    services = await startServices({ otlpEndpoint: receiver.grpcUrl });
    caller = createTracedCaller(receiver.grpcUrl);
    client = createOsumClient({ address: services.router.address, tenant: 'acme' });
  });
  after(async () => {
    client.close();
    await services.close();
    await caller.close();
    await receiver.close();
  });

  /** The spans of a trace, once as many have arrived. */
  const spansOf = async (traceId: string, count: number) =>
    until(
      () => {
        const spans = receiver.spans().filter((span) => span.traceId === traceId);
        return spans.length >= count ? spans : undefined;
      },
      () => `${count} spans were expected, these came:\n${outline(receiver.spans(), traceId)}`,
    );

  it('one trace leads from the caller through every stage, each span below what caused it', async () => {
    const traceId = await caller.trace('check', () => client.understand({ audio, tags: '<asr><gender>' }));
    const expected = [
      'caller INTERNAL check',
      `  caller CLIENT ${understanding}/Understand`,
      `    osum-router SERVER ${understanding}/Understand`,
      ...utteranceTree
        .trim()
        .split('\n')
        .map((line) => `      ${line}`),
    ];
    const spans = await spansOf(traceId, expected.length);
    assert.equal(outline(spans, traceId), expected.join('\n'));
    assert.deepEqual(
      spans.filter(({ status }) => status === 'ERROR').map(label),
      [],
      'nothing failed, so no span says so',
    );
  });

  it('an instruction is interpreted in the same trace, before the utterance', async () => {
    const instruction = 'Please write down what is said in this recording.';
    const traceId = await caller.trace('check', () => client.understand({ audio, instruction }));
    const spans = await spansOf(traceId, 18);
    assert.deepEqual(
      spans
        .filter(({ name }) => name.endsWith(' osum-nano'))
        .map(({ name }) => name)
        .sort(),
      ['generate_content osum-nano', 'text_completion osum-nano'],
    );
  });

  it('spans of calls carry the attributes of the RPC conventions, and no older ones', async () => {
    const traceId = await caller.trace('check', () => client.describe());
    const spans = await spansOf(traceId, 3);
    const server = spans.find(({ kind }) => kind === 'SERVER')!;
    const { 'network.peer.port': peerPort, ...attributes } = server.attributes;
    assert.deepEqual(attributes, {
      'rpc.system.name': 'grpc',
      'rpc.method': `${understanding}/Describe`,
      'rpc.status_code': 'OK',
      'network.peer.address': '127.0.0.1',
      'osum.tenant': 'acme',
    });
    assert.ok(Number(peerPort) > 0);
    const outgoing = spans.find(({ kind }) => kind === 'CLIENT')!;
    assert.deepEqual(outgoing.attributes, {
      'rpc.system.name': 'grpc',
      'rpc.method': `${understanding}/Describe`,
      'rpc.status_code': 'OK',
      'server.address': '127.0.0.1',
      'server.port': services.router.address.split(':')[1],
    });
    assert.equal(server.resource['service.namespace'], 'osum-mesh');
    assert.match(server.resource['service.instance.id'] ?? '', /^[0-9a-f-]{36}$/);
  });

  it('a decoding session carries the attributes of the generative AI conventions, and where its time went', async () => {
    const traceId = await caller.trace('check', () =>
      client.understand({ audio, tags: '<asr>', generation: { maxNewTokens: 5 } }),
    );
    const spans = await spansOf(traceId, 15);
    const { attributes } = spans.find(({ name }) => name === 'generate_content osum-nano')!;
    const expected = {
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.provider.name': 'osum',
      'gen_ai.request.model': 'osum-nano',
      'gen_ai.response.model': 'osum-nano',
      'gen_ai.request.stream': 'true',
      'gen_ai.request.max_tokens': '5',
      'gen_ai.usage.output_tokens': '5',
      'gen_ai.response.finish_reasons': 'length',
    };
    for (const [key, value] of Object.entries(expected)) assert.equal(attributes[key], value, key);
    const number = (key: string) => Number(attributes[key]);
    assert.ok(number('gen_ai.usage.audio.input_tokens') > 0);
    assert.equal(
      number('gen_ai.usage.input_tokens'),
      number('gen_ai.usage.text.input_tokens') + number('gen_ai.usage.audio.input_tokens'),
    );
    assert.ok(number('gen_ai.response.time_to_first_chunk') > 0);
    assert.ok(number('osum.compute.seconds') > 0);
    for (const key of ['gen_ai.input.messages', 'gen_ai.output.messages', 'osum.instruction'])
      assert.ok(!(key in attributes), `${key} is only for captureContent`);
  });

  it('a stage tells the audio, the batch, and the split of queue and compute', async () => {
    const traceId = await caller.trace('check', () => client.understand({ audio, tags: '<asr>' }));
    const spans = await spansOf(traceId, 15);
    for (const name of ['FeatureExtractor/Extract', 'SpeechEncoder/Encode', 'ModalityAdapter/Adapt']) {
      const { attributes } = spans.find((span) => span.kind === 'SERVER' && span.name === `osum.v1.${name}`)!;
      const number = (key: string) => Number(attributes[key]);
      assert.ok(
        Math.abs(number('osum.audio.seconds') - 4.88) < 0.05,
        `${name}: ${attributes['osum.audio.seconds']}`,
      );
      assert.equal(number('osum.batch.entries'), 1);
      assert.ok(number('osum.compute.seconds') > 0);
      assert.ok(number('osum.queue.seconds') >= 0);
      assert.ok(number('osum.transfer.seconds') >= 0);
    }
  });

  it("a refusal is the caller's failure, not the server's", async () => {
    const traceId = await caller.trace('check', async () => {
      await assert.rejects(client.understand({ audio, tags: '<asr><nonsense>' }), {
        status: 'INVALID_ARGUMENT',
      });
    });
    const spans = await spansOf(traceId, 3);
    const of = (kind: string) => spans.find((span) => span.kind === kind)!;
    assert.equal(of('SERVER').attributes['rpc.status_code'], 'INVALID_ARGUMENT');
    assert.equal(of('SERVER').status, 'UNSET');
    assert.ok(!('error.type' in of('SERVER').attributes));
    assert.equal(of('CLIENT').status, 'ERROR');
    assert.equal(of('CLIENT').attributes['error.type'], 'INVALID_ARGUMENT');
  });

  it("the HTTP door continues the trace of its caller's headers", async () => {
    const traceId = 'a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5';
    const answer = await fetch(`http://${services.gateway.httpAddress}/v1/models?secret=yes`, {
      headers: { traceparent: `00-${traceId}-1112131415161718-01` },
    });
    assert.equal(answer.status, 200);
    const spans = await spansOf(traceId, 3);
    assert.equal(
      outline(spans, traceId),
      [
        'osum-gateway SERVER GET /v1/models',
        `  osum-gateway CLIENT ${understanding}/Describe`,
        `    osum-router SERVER ${understanding}/Describe`,
      ].join('\n'),
    );
    const door = spans.find(({ name }) => name === 'GET /v1/models')!;
    assert.equal(door.parentId, '1112131415161718');
    assert.deepEqual(door.attributes, {
      'http.request.method': 'GET',
      'http.route': '/v1/models',
      'http.response.status_code': '200',
      'url.path': '/v1/models',
      'url.scheme': 'http',
    });
  });

  it('a trace that its caller does not record is not recorded here', async () => {
    const traceId = 'b0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5';
    const unrecorded = { traceparent: `00-${traceId}-1112131415161718-00` };
    await fetch(`http://${services.gateway.httpAddress}/v1/models`, { headers: unrecorded });
    const later = await caller.trace('later', () => client.describe());
    await spansOf(later, 3);
    assert.deepEqual(
      receiver.spans().filter((span) => span.traceId === traceId),
      [],
    );
  });

  it('probes leave no spans', async () => {
    const names = receiver.spans().map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => name.startsWith('grpc.')),
      [],
    );
    const served = /osum_server_active_calls\{rpc_method="grpc.health.v1.Health\/Watch"\} 1/;
    assert.match(await services.metrics('decoder'), served, 'the router watches the decoder');
  });
});
