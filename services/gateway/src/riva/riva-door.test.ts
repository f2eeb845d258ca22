import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { type Channels, createChannels, createTelemetry, MeshError, RemoteError } from '@osum/mesh';
import { AudioEncoding, riva, rivaCommon, serviceDefinition } from '@osum/proto';
import type { RunningGateway } from '../serve-gateway.js';
import { type FakeRouter, startFakeRouter, twoUtterances } from '../testing/fake-router.js';
import { startGateway } from '../testing/start-gateway.js';

type StreamingRequest = MessageInitShape<typeof riva.StreamingRecognizeRequestSchema>;
type Config = Exclude<MessageInitShape<typeof riva.RecognitionConfigSchema>, { $typeName: string }>;
const { LINEAR_PCM, MULAW, ALAW } = rivaCommon.AudioEncoding;
const pcm: Config = { encoding: LINEAR_PCM, sampleRateHertz: 8000, languageCode: 'en-US' };
const definition = serviceDefinition(riva.RivaSpeechRecognition);

describe("Riva's door", () => {
  let router: FakeRouter;
  let gateway: RunningGateway;
  let channels: Channels;
  before(async () => {
    router = await startFakeRouter();
    gateway = await startGateway(router.address);
    channels = createChannels({ telemetry: createTelemetry({ name: 'test', logLevel: 'silent' }) });
  });
  afterEach(() => {
    router.script = twoUtterances;
  });
  after(async () => {
    channels.close();
    await gateway.drain();
    router.close();
  });

  const client = () => channels.client(definition, gateway.address);
  const recognize = (config: Config, audio: Uint8Array = Buffer.alloc(100)) =>
    client().recognize({ config, audio, id: { value: 'call-1' } });
  const config = (of: Config, interimResults = false): StreamingRequest => ({
    streamingRequest: { case: 'streamingConfig', value: { config: of, interimResults } },
    id: { value: 'stream-1' },
  });
  const audio = (value: Uint8Array): StreamingRequest => ({
    streamingRequest: { case: 'audioContent', value },
  });
  async function streamed(...requests: StreamingRequest[]): Promise<riva.StreamingRecognizeResponse[]> {
    const responses: riva.StreamingRecognizeResponse[] = [];
    async function* all() {
      yield* requests;
    }
    for await (const response of client().streamingRecognize(all())) responses.push(response);
    return responses;
  }
  const refusedWith = (code: status, words: RegExp) => (error: unknown) => {
    assert.ok(error instanceof RemoteError, String(error));
    assert.equal(error.code, code);
    assert.match(error.details, words);
    return true;
  };

  it('recognises a recording: one result an utterance, times in milliseconds, the id returned', async () => {
    const samples = Buffer.from([1, 0, 2, 0, 3, 0]);
    const response = await recognize({ ...pcm, enableWordTimeOffsets: true, audioChannelCount: 2 }, samples);
    assert.equal(response.id?.value, 'call-1');
    assert.deepEqual(
      response.results.map(({ alternatives: [best], audioProcessed }) => [best?.transcript, audioProcessed]),
      [
        ['hello there', 1.5],
        ['again', 3.25],
      ],
    );
    const [best] = response.results[0]!.alternatives;
    assert.equal(best?.confidence, 0.5);
    assert.deepEqual(
      best?.words.map(({ word, startTime, endTime }) => [word, startTime, endTime]),
      [
        ['hello', 500, 1000],
        ['there', 1500, 2000],
      ],
    );
    const { config: asked, audio: received } = router.last;
    assert.deepEqual(asked.wish, { case: 'tags', value: '<asr><align>' });
    assert.deepEqual(
      [asked.format?.encoding, asked.format?.sampleRateHz, asked.format?.channels, asked.live],
      [AudioEncoding.PCM_S16LE, 8000, 2, undefined],
    );
    assert.deepEqual(received, samples);
  });

  it('leaves a WAV header to the router, and expands G.711', async () => {
    await recognize(pcm, Buffer.from('RIFF....WAVE'));
    assert.equal(router.last.config.format, undefined);
    const samplesOf = ({ buffer, byteOffset, byteLength }: Buffer) => [
      ...new Int16Array(buffer.slice(byteOffset, byteOffset + byteLength)),
    ];
    // Ends and zeros of the tables of ITU-T G.711.
    await recognize({ ...pcm, encoding: MULAW }, Uint8Array.of(0x00, 0x7f, 0x80, 0xff, 0xf0));
    assert.deepEqual(samplesOf(router.last.audio), [-32124, 0, 32124, 0, 120]);
    await recognize({ ...pcm, encoding: ALAW }, Uint8Array.of(0x2a, 0x55, 0xaa, 0xd5, 0x80));
    assert.deepEqual(samplesOf(router.last.audio), [-32256, -8, 32256, 8, 5504]);
  });

  it('asks for what the custom configuration names; labels stand in the transcript', async () => {
    const response = await recognize({ ...pcm, customConfiguration: { 'osum.tags': '<asr><age>' } });
    assert.equal(response.results[0]?.alternatives[0]?.transcript, 'hello there<ADULT>');
    await recognize({ ...pcm, customConfiguration: { 'osum.instruction': 'who speaks?' }, model: 'fake' });
    assert.deepEqual(router.last.config.wish, { case: 'instruction', value: 'who speaks?' });
    assert.equal(router.last.config.model, 'fake');
  });

  it('streams interim and final results, audio in any pieces', async () => {
    router.script = async function* (_config, pieces) {
      for await (const _piece of pieces);
      yield { case: 'partial', value: { utterance: 0, text: 'hel', endSeconds: 0.5 } };
      const result = { tags: '<asr>', transcript: { text: 'hello', confidence: 0.5 } };
      yield { case: 'result', value: { utterance: 0, startSeconds: 0, endSeconds: 1, result } };
    };
    const endpointing = { ...pcm, endpointingConfig: { stopHistory: 1500 } };
    const pieces = [Buffer.from('R'), Buffer.from('IF'), Buffer.from('F...'), Buffer.from('WAVE')];
    const responses = await streamed(config(endpointing, true), ...pieces.map(audio));
    assert.deepEqual(
      responses.map(({ id, results: [result] }) => [
        id?.value,
        result?.alternatives[0]?.transcript,
        result?.isFinal,
        result?.audioProcessed,
      ]),
      [
        ['stream-1', 'hel', false, 0.5],
        ['stream-1', 'hello', true, 1],
      ],
    );
    const { format, live } = router.last.config;
    assert.equal(format, undefined);
    assert.deepEqual([live?.endSilence?.seconds, live?.endSilence?.nanos], [1n, 500_000_000]);
    assert.equal(live?.partialInterval, undefined);
    assert.equal(router.last.audio.toString(), 'RIFF...WAVE');

    await streamed(config(pcm), audio(Buffer.alloc(8)));
    assert.deepEqual([router.last.config.live?.partialInterval?.seconds], [0n]);
  });

  it('refuses a stream in the wrong order', async () => {
    const wrong: [StreamingRequest[], RegExp][] = [
      [[], /streaming_config in the first message.*the end of the stream/],
      [[audio(Buffer.alloc(8))], /streaming_config in the first message.*audioContent/],
      [[config(pcm), config(pcm)], /expected audio_content after the first message, got streamingConfig/],
      [
        [config(pcm), audio(Buffer.alloc(8)), config(pcm)],
        /expected audio_content after the first message, got streamingConfig/,
      ],
    ];
    for (const [requests, words] of wrong) {
      await assert.rejects(streamed(...requests), refusedWith(status.INVALID_ARGUMENT, words));
    }
  });

  it('refuses what it cannot do, naming the field', async () => {
    const wrong: [Config, RegExp][] = [
      [{ ...pcm, languageCode: 'de-DE' }, /config\.language_code: expected one of en, got "de-DE"/],
      [{ ...pcm, sampleRateHertz: 0 }, /config\.sample_rate_hertz/],
      [{ ...pcm, encoding: 7 as never }, /config\.encoding/],
      [{ ...pcm, diarizationConfig: { enableSpeakerDiarization: true } }, /config\.diarization_config/],
      [{ ...pcm, endpointingConfig: { stopHistory: 20 } }, /stop_history: expected 100 to 5000 ms/],
    ];
    for (const [of, words] of wrong) {
      const call = of.endpointingConfig ? streamed(config(of)) : recognize(of);
      await assert.rejects(call, refusedWith(status.INVALID_ARGUMENT, words));
    }
    await assert.rejects(client().recognize({}), refusedWith(status.INVALID_ARGUMENT, /config/));
  });

  it("passes the router's refusals on as they are", async () => {
    router.script = async function* () {
      yield* [];
      throw new MeshError('queueFull', 'the queue is full', { pushbackMs: 1200 });
    };
    await assert.rejects(recognize(pcm), (error: RemoteError) => {
      assert.deepEqual(
        [error.code, error.kind, error.pushbackMs],
        [status.RESOURCE_EXHAUSTED, 'queueFull', 1200],
      );
      return true;
    });
    router.script = async function* () {
      yield* [];
      throw new MeshError('unsupportedTask', 'fake can do <asr>.');
    };
    const timed = { ...pcm, enableWordTimeOffsets: true };
    await assert.rejects(recognize(timed), refusedWith(status.FAILED_PRECONDITION, /can do <asr>/));
  });

  it('says what is served', async () => {
    const { modelConfig } = await client().getRivaSpeechRecognitionConfig({});
    assert.deepEqual(
      modelConfig.map(({ modelName, parameters }) => [modelName, parameters.language_code]),
      [['fake', 'en']],
    );
    await assert.rejects(
      client().getRivaSpeechRecognitionConfig({ modelName: 'other' }),
      refusedWith(status.NOT_FOUND, /other is not served here; fake is/),
    );
  });

  it('forwards deadline and tenant, and cancels the call to the router with the client', async () => {
    let begun = () => {};
    const begins = new Promise<void>((resolve) => {
      begun = resolve;
    });
    router.script = async function* (_config, _audio, { signal }) {
      yield* [];
      begun();
      await once(signal, 'abort');
    };
    const controller = new AbortController();
    const options = { signal: controller.signal, timeoutMs: 60_000, tenant: 'choir' };
    const call = client().recognize({ config: pcm, audio: Buffer.alloc(8) }, options);
    const failed = assert.rejects(call);
    await begins;
    const { context } = router.last;
    assert.equal(context.tenant, 'choir');
    const leftMs = context.deadlineEpochMs - Date.now();
    assert.ok(leftMs > 30_000 && leftMs <= 60_000, `${leftMs} ms left`);
    assert.equal(context.signal.aborted, false);
    controller.abort();
    await failed;
    if (!context.signal.aborted) await once(context.signal, 'abort');
  });
});
