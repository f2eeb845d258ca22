import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { createTelemetry, MeshError } from '@osum/mesh';
import type { RunningGateway } from '../serve-gateway.js';
import { type FakeRouter, type Script, startFakeRouter, twoUtterances } from '../testing/fake-router.js';
import {
  eventsOf,
  inputAudio,
  type OpenAiClient,
  openAiClient,
  question,
  refusalOf,
} from '../testing/openai-client.js';
import { startGateway } from '../testing/start-gateway.js';

const maxAudioBytes = 100_000;

const failing = (error: MeshError): Script =>
  async function* () {
    yield* [];
    throw error;
  };

/** Never answers; `begun` resolves when it was asked. */
function stuck(): { script: Script; begin(): void; begun: Promise<void> } {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const script: Script = async function* (_config, _audio, { signal }) {
    yield* [];
    begin();
    if (!signal.aborted) await once(signal, 'abort');
    throw signal.reason;
  };
  return { script, begin: () => begin(), begun };
}

describe("failures of OpenAI's door", () => {
  let router: FakeRouter;
  let gateway: RunningGateway;
  let client: OpenAiClient;
  before(async () => {
    router = await startFakeRouter();
    gateway = await startGateway(router.address, { maxAudioBytes });
    client = openAiClient(gateway);
  });
  afterEach(() => {
    router.script = twoUtterances;
  });
  after(async () => {
    await gateway.drain();
    router.close();
  });

  it('refuses requests that are wrong, naming the parameter', async () => {
    const file = { type: 'input_audio', input_audio: { data: '*not base64*', format: 'wav' } };
    const url = { type: 'audio_url', audio_url: { url: 'http://127.0.0.1/a.wav' } };
    const wrong: [Promise<Response>, number, string | null, RegExp][] = [
      [
        client.request('/audio/transcriptions', { method: 'POST', body: 'x' }),
        415,
        null,
        /multipart\/form-data/,
      ],
      [
        client.request('/audio/transcriptions', { method: 'POST', body: new FormData() }),
        400,
        'file',
        /part named file/,
      ],
      [client.transcribe({ response_format: 'diarized_json' }), 400, 'response_format', /verbose_json/],
      [client.transcribe({ stream: 'true', response_format: 'srt' }), 400, 'response_format', /json or text/],
      [client.transcribe({ language: 'de' }), 400, 'language', /expected one of en, got "de"/],
      [client.chat('hello?'), 400, 'messages', /input_audio/],
      [client.chat([...question('a'), ...question('b')]), 400, 'messages', /it holds 2/],
      [client.chat([file]), 400, 'messages', /base64/],
      [client.chat([url]), 400, 'messages', /data:audio\//],
      [client.chat(question('a'), { n: 2 }), 400, 'n', /one answer/],
      [client.chat(question('a'), { modalities: ['text', 'audio'] }), 400, 'modalities', /does not speak/],
      [client.request('/embeddings', { method: 'POST' }), 404, null, /no POST \/v1\/embeddings/],
    ];
    for (const [call, status, param, words] of wrong) {
      const refused = await refusalOf(await call);
      assert.deepEqual(
        [refused.status, refused.type, refused.param],
        [status, 'invalid_request_error', param],
        refused.message ?? '',
      );
      assert.match(refused.message ?? '', words);
    }
  });

  it('refuses recordings that are too large with 413, and names the limit', async () => {
    const large = Buffer.alloc(maxAudioBytes + 1);
    const responses = [
      client.transcribe({}, {}, large),
      client.chat([inputAudio(large)]),
      client.chat([inputAudio(Buffer.alloc(3 * maxAudioBytes))]),
    ];
    for (const response of responses) {
      const { status, message } = await refusalOf(await response);
      assert.equal(status, 413);
      assert.match(message ?? '', /larger than the 100000 bytes/);
    }
    assert.equal((await client.transcribe({}, {}, large.subarray(1))).status, 200);
  });

  it('maps failures of the mesh to HTTP', async () => {
    const failures: [MeshError, number, string, string][] = [
      [new MeshError('unknownModel', 'no'), 404, 'invalid_request_error', 'model_not_found'],
      [new MeshError('unsupportedTask', 'no'), 400, 'invalid_request_error', 'unsupported_task'],
      [new MeshError('badAudio', 'no'), 400, 'invalid_request_error', 'bad_audio'],
      [
        new MeshError('queueFull', 'no', { pushbackMs: 1200 }),
        429,
        'rate_limit_error',
        'rate_limit_exceeded',
      ],
      [new MeshError('messageTooLarge', 'no'), 413, 'invalid_request_error', 'message_too_large'],
      [new MeshError('draining', 'no'), 503, 'server_error', 'draining'],
      [new MeshError('internal', 'no'), 500, 'server_error', 'internal'],
    ];
    for (const [error, status, type, code] of failures) {
      router.script = failing(error);
      for (const response of [await client.transcribe(), await client.transcribe({ stream: 'true' })]) {
        const refused = await refusalOf(response);
        assert.deepEqual([refused.status, refused.type, refused.code], [status, type, code]);
        const waits = [response.headers.get('retry-after'), response.headers.get('retry-after-ms')];
        assert.deepEqual(waits, error.pushbackMs === undefined ? [null, null] : ['2', '1200']);
      }
    }
  });

  it('says that the router cannot be reached, and not where it should be', async () => {
    const lost = await startGateway('127.0.0.1:1');
    const { status, code, message } = await refusalOf(await openAiClient(lost).transcribe());
    assert.deepEqual([status, code], [503, 'stage_unreachable']);
    assert.doesNotMatch(message, /127\.0\.0\.1/);
    await lost.drain();
  });

  it('tells of a failure in the middle of a stream by an event', async () => {
    router.script = async function* () {
      yield { case: 'event', value: { event: { case: 'transcriptDelta', value: 'hel' } } };
      throw new MeshError('deviceLost', 'the decoder is gone');
    };
    const received = await eventsOf(await client.transcribe({ stream: 'true' }));
    assert.deepEqual(
      received.map(({ type, error }) => [type, error?.message]),
      [
        ['transcript.text.delta', undefined],
        ['error', 'the decoder is gone'],
      ],
    );
  });

  it('cancels the call to the router when the client goes away', async () => {
    for (const stream of [false, true]) {
      const { script, begun } = stuck();
      router.script = script;
      const controller = new AbortController();
      const failed = assert.rejects(client.chat(question('x'), { stream }, { signal: controller.signal }));
      await begun;
      const { signal } = router.last.context;
      assert.equal(signal.aborted, false);
      controller.abort();
      await failed;
      if (!signal.aborted) await once(signal, 'abort');
    }
  });

  it('cancels the call to the router when the client leaves in the middle of a stream', async () => {
    const { script, begun } = stuck();
    router.script = async function* (...call) {
      yield { case: 'event', value: { event: { case: 'transcriptDelta', value: 'hel' } } };
      yield* script(...call);
    };
    const controller = new AbortController();
    const response = await client.transcribe({ stream: 'true' }, { signal: controller.signal });
    await begun;
    const { signal } = router.last.context;
    controller.abort();
    await assert.rejects(response.text());
    if (!signal.aborted) await once(signal, 'abort');
    router.script = twoUtterances;
    assert.equal((await client.transcribe()).status, 200);
  });

  it("forwards the tenant and the proxy's deadline, and answers 504 when it passes", async () => {
    router.script = stuck().script;
    const headers = { 'osum-tenant': 'choir', 'x-envoy-expected-rq-timeout-ms': '1500' };
    const { status, type, code } = await refusalOf(await client.transcribe({}, { headers }));
    assert.deepEqual([status, type, code], [504, 'server_error', 'deadline_passed']);
    const { tenant, deadlineEpochMs } = router.last.context;
    assert.equal(tenant, 'choir');
    assert.ok(deadlineEpochMs < Date.now() + 1500);
  });

  it('drains: finishes what runs, aborts what outlasts the grace, refuses what comes', async () => {
    const telemetry = createTelemetry({ name: 'gateway', logLevel: 'silent' });
    const draining = await startGateway(router.address, { drainGraceMs: 2500 }, telemetry);
    const caller = openAiClient(draining);
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const first = stuck();
    const second = stuck();
    router.script = async function* (...call) {
      router.script = second.script;
      first.begin();
      await finished;
      yield* twoUtterances(...call);
    };
    const quick = caller.transcribe();
    await first.begun;
    const slow = caller.transcribe();
    await second.begun;
    const drained = draining.drain();
    const refused = await refusalOf(await caller.request('/models'));
    assert.deepEqual([refused.status, refused.code], [503, 'draining']);
    finish();
    assert.equal((await quick).status, 200);
    const aborted = await refusalOf(await slow);
    assert.deepEqual([aborted.status, aborted.code], [503, 'draining']);
    await drained;
    await assert.rejects(caller.request('/models'));

    const metrics = await telemetry.registry.metrics();
    const counted = (route: string, status: number) =>
      new RegExp(`^http_server_request_duration_seconds_count.*"${route}".*"${status}"\\} 1$`, 'm');
    assert.match(metrics, counted('/v1/audio/transcriptions', 200));
    assert.match(metrics, counted('/v1/audio/transcriptions', 503));
    assert.match(metrics, counted('/v1/models', 503));
  });
});
