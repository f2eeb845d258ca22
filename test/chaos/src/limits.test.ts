import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { status } from '@grpc/grpc-js';
import { collectUpTo, decodeAudio, startAudioThread } from '@osum/audio';
import { createOsumClient, type OsumClient, pcmBytes } from '@osum/client';
import { type EnvoyProcess, freePorts, type LocalMesh, startEnvoy, startLocalMesh } from '@osum/deploy';
import { type Channels, createChannels, createTelemetry, RemoteError } from '@osum/mesh';
import { AudioEncoding, SpeechUnderstanding, speechUnderstandingDefinition } from '@osum/proto';
import { Metadata } from 'nice-grpc-common';
import { understandByWeb } from './grpc-web-stream.js';
import { ask } from './load.js';
import { packageFolder, recordings } from './shipped.js';

const sampleRateHz = 16_000;
const format = { encoding: AudioEncoding.PCM_F32LE, sampleRateHz };

// Every timeout of a second Envoy, made so small that a stream of some seconds has to outlive them all.
const smallTimeouts = {
  streamIdleMs: 3_000,
  unaryTimeoutMs: 1_000,
  requestHeadersMs: 500,
  connectionIdleMs: 500,
  // The peers answer its pings, so this one ends no stream; how long an answer may take is left as it is.
  keepaliveIntervalMs: 1_000,
  drainMs: 500,
};
const silenceSeconds = (4 * smallTimeouts.streamIdleMs) / 1000;
const afterwardsMs = 3_000;

describe('limits and timeouts of a mesh behind Envoy', () => {
  let mesh: LocalMesh;
  let hasty: EnvoyProcess;
  let client: OsumClient;
  let channels: Channels;

  before(async () => {
    mesh = await startLocalMesh({ package: packageFolder, logLevel: 'error' });
    const [door, inner, admin] = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
    hasty = await startEnvoy({
      ...mesh.envoy.options,
      ...smallTimeouts,
      doorListen: door!,
      meshListen: inner!,
      adminListen: admin!,
    });
    client = createOsumClient({ address: mesh.address, retry: { attempts: 1 } });
    channels = createChannels({ telemetry: createTelemetry({ name: 'test', logLevel: 'silent' }) });
    while ((await hasty.admin.hosts()).some(({ healthFlags }) => healthFlags !== 'healthy')) await sleep(50);
  });
  after(async () => {
    client?.close();
    channels?.close();
    await hasty?.end();
    await mesh?.stop();
  });

  const understand = (requests: AsyncIterable<object>, address = mesh.address) =>
    channels.client(speechUnderstandingDefinition, address).understand(requests);

  it('a live stream in which nobody speaks outlives every timeout, and is answered when somebody does', async () => {
    const clip = await pcmOf(recordings[0]!);
    const stepSeconds = 0.2;
    const transcripts: string[] = [];
    const answeredMs: number[] = [];
    // Until all is answered, so that nothing but the end is left to wait for when the microphone closes.
    const isOver = () => transcripts.length > 0 && performance.now() - answeredMs.at(-1)! > afterwardsMs;
    async function* microphone() {
      const silence = new Float32Array(stepSeconds * sampleRateHz);
      for (let step = 0; !isOver(); step++) {
        yield step === silenceSeconds / stepSeconds ? clip : silence;
        await sleep(stepSeconds * 1000);
      }
    }
    const patient = createOsumClient({ address: hasty.options.doorListen, retry: { attempts: 1 } });
    const audio = pcmBytes(microphone());
    for await (const event of patient.stream({ audio, format, tags: '<asr>', live: {} })) {
      answeredMs.push(performance.now());
      if (event.case === 'result') transcripts.push(event.value.result?.transcript?.text ?? '');
    }
    patient.close();
    const [planMs, firstMs] = answeredMs;
    assert.ok(
      firstMs! - planMs! > 3 * smallTimeouts.streamIdleMs,
      `answers paused for ${firstMs! - planMs!} ms`,
    );
    assert.ok(transcripts.length > 0);
    assert.match(transcripts.join(' '), /\w/);
  });

  it('the same timeouts do end a live stream in which nothing moves on either side', async () => {
    async function* muted() {
      yield {
        request: {
          case: 'config' as const,
          value: { wish: { case: 'tags' as const, value: '<asr>' }, format, live: {} },
        },
      };
      await sleep(10 * smallTimeouts.streamIdleMs, undefined, { ref: false });
    }
    const events: unknown[] = [];
    await assert.rejects(async () => {
      for await (const { response } of understand(muted(), hasty.options.doorListen))
        events.push(response.case);
    }, RemoteError);
    assert.deepEqual(events, ['plan']);
  });

  it('a message above the limit gets RESOURCE_EXHAUSTED, and the next call is answered', async () => {
    async function* tooLarge() {
      yield {
        request: {
          case: 'config' as const,
          value: { wish: { case: 'tags' as const, value: '<asr>' }, format },
        },
      };
      yield { request: { case: 'audio' as const, value: new Uint8Array(2 ** 21) } };
    }
    await assert.rejects(collect(understand(tooLarge())), (error) => {
      assert.ok(error instanceof RemoteError);
      assert.equal(error.code, status.RESOURCE_EXHAUSTED);
      assert.match(error.details, /larger than max/i);
      return true;
    });
    assert.equal((await ask(client, recordings[0]!)).error, undefined);
  });

  it('headers above the limit of the router get RESOURCE_EXHAUSTED with the limit', async () => {
    const metadata = new Metadata({ 'x-large': 'a'.repeat(20_000) });
    const call = channels.client(speechUnderstandingDefinition, mesh.address).describe({}, { metadata });
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof RemoteError);
      assert.equal(error.kind, 'headersTooLarge');
      assert.ok(Number(error.facts.limitBytes) > 0);
      return true;
    });
  });

  it('a page calls by gRPC-Web: a unary call, a refusal, and a recording whose answers stream', async () => {
    const baseUrl = `http://${mesh.address}`;
    const web = createClient(SpeechUnderstanding, createGrpcWebTransport({ baseUrl }));
    assert.notEqual((await web.describe({})).tasks.length, 0);
    await assert.rejects(web.interpret({ instruction: '' }), /invalid_argument/);
    const audio = await readFile(recordings[0]!);
    const { messages, trailers } = await understandByWeb(baseUrl, [
      { request: { case: 'config', value: { wish: { case: 'tags', value: '<asr>' } } } },
      { request: { case: 'audio', value: audio } },
    ]);
    assert.equal(trailers['grpc-status'], '0');
    const cases = messages.map(({ response }) => response.case);
    assert.equal(cases[0], 'plan');
    assert.equal(cases.at(-1), 'summary');
    const result = messages.find(({ response }) => response.case === 'result')?.response;
    assert.ok(result?.case === 'result');
    assert.equal(result.value.result?.transcript?.text, (await ask(client, recordings[0]!)).transcript);
  });
});

async function collect<T>(answer: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of answer) messages.push(message);
  return messages;
}

async function pcmOf(path: string): Promise<Float32Array> {
  const thread = startAudioThread();
  const decoded = await collectUpTo(decodeAudio(createReadStream(path), { thread, maxSeconds: 60 }), 60);
  await thread.close();
  assert.ok(decoded.kind === 'whole');
  return decoded.samples;
}
