import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createOsumClient, type OsumClient } from '@osum/client';
import { type LocalMesh, type StageName, stageNames, startLocalMesh } from '@osum/deploy';
import { type OtlpReceiver, startOtlpReceiver } from './tools/otlp-receiver.js';
import { inRepository } from './tools/repository.js';
import { until } from './tools/until.js';
import { outline, pathTo } from './trace-outline.js';
import { createTracedCaller, type TracedCaller } from './traced-caller.js';

const audio = inRepository('test/recordings/hold-fast.ogg');

const everyStage = <T>(value: T) =>
  Object.fromEntries(stageNames.map((stage) => [stage, value])) as Record<StageName, T>;

describe('a mesh of processes behind the real Envoy', () => {
  let receiver: OtlpReceiver;
  let mesh: LocalMesh;
  let caller: TracedCaller;
  let client: OsumClient;

  before(async () => {
    receiver = await startOtlpReceiver();
    mesh = await startLocalMesh({
      package: inRepository('models/osum-nano'),
      envoy: { otlpEndpoint: receiver.grpcUrl },
      flags: everyStage(['--otlp-endpoint', receiver.grpcUrl]),
      env: everyStage({ OTEL_BSP_SCHEDULE_DELAY: '100', HOSTACL_THREADS: '1' }),
    });
    caller = createTracedCaller(receiver.grpcUrl);
    client = createOsumClient({ address: mesh.address });
  });
  after(async () => {
    client?.close();
    await mesh?.stop();
    await caller?.close();
    await receiver.close();
  });

  it('one trace leads from the caller through Envoy to the router, and through Envoy to every stage', async () => {
    const traceId = await caller.trace('check', () => client.understand({ audio, tags: '<asr>' }));
    const find = (name: string, kind: string) =>
      receiver.spans().find((span) => span.traceId === traceId && span.name === name && span.kind === kind);
    // A busy machine may have Envoy try again, so what is compared is the way that led to the answer.
    const paths = await until(
      () => {
        const ends = [
          find('generate_content osum-nano', 'INTERNAL'),
          find('osum.v1.LanguageDecoder/Attach', 'SERVER'),
        ];
        const found = ends.map((end) => (end === undefined ? [] : pathTo(end, receiver.spans())));
        return found.every(([first]) => first === 'caller INTERNAL check') ? found : undefined;
      },
      () => outline(receiver.spans(), traceId),
    );
    const toUtterance = [
      'caller INTERNAL check',
      'caller CLIENT osum.v1.SpeechUnderstanding/Understand',
      ...throughEnvoy('router'),
      'osum-router SERVER osum.v1.SpeechUnderstanding/Understand',
      'osum-router INTERNAL utterance',
    ];
    assert.deepEqual(paths, [
      [
        ...toUtterance,
        'osum-router CLIENT osum.v1.LanguageDecoder/Generate',
        ...throughEnvoy('decoder'),
        'osum-decoder SERVER osum.v1.LanguageDecoder/Generate',
        'osum-decoder INTERNAL generate_content osum-nano',
      ],
      [
        ...toUtterance,
        'osum-router CLIENT osum.v1.FeatureExtractor/Extract',
        ...throughEnvoy('features'),
        'osum-features SERVER osum.v1.FeatureExtractor/Extract',
        'osum-features CLIENT osum.v1.SpeechEncoder/Encode',
        ...throughEnvoy('encoder'),
        'osum-encoder SERVER osum.v1.SpeechEncoder/Encode',
        'osum-encoder CLIENT osum.v1.ModalityAdapter/Adapt',
        ...throughEnvoy('adapter'),
        'osum-adapter SERVER osum.v1.ModalityAdapter/Adapt',
        // The speech goes straight to the decoder that waits for it.
        'osum-adapter CLIENT osum.v1.LanguageDecoder/Attach',
        'osum-decoder SERVER osum.v1.LanguageDecoder/Attach',
      ],
    ]);
  });

  it("Envoy's access log names the trace, and holds nothing of what was asked and answered", async () => {
    const instruction = 'Please write down what is said, dear zanzibarcanary.';
    let transcript = '';
    const traceId = await caller.trace('check', async () => {
      const { utterances } = await client.understand({ audio, instruction });
      transcript = utterances.map(({ result }) => result?.transcript?.text).join(' ');
      await assert.rejects(client.understand({ audio, tags: '<zanzibarcanary>' }));
    });
    const { accessLog } = mesh.envoy;
    const ofTrace = () => accessLog.filter(({ traceparent }) => String(traceparent).includes(traceId));
    await until(
      () => ofTrace().some(({ grpc_status }) => grpc_status === 'INVALID_ARGUMENT') || undefined,
      () => `the calls are not in the log: ${JSON.stringify(accessLog)}`,
    );
    assert.ok(transcript.length > 10);
    const log = JSON.stringify(accessLog);
    assert.ok(!log.includes('zanzibarcanary') && !log.includes(transcript), log);
  });
});

function throughEnvoy(stage: StageName): string[] {
  return ['osum-envoy SERVER ingress', `osum-envoy CLIENT router ${stage} egress`];
}
