import { parentPort } from 'node:worker_threads';
import { AudioError } from '../audio-error.js';
import { FlacCodec } from '../codecs/flac-codec.js';
import { Mp3Codec } from '../codecs/mp3-codec.js';
import { OpusCodec } from '../codecs/opus-codec.js';
import type { StreamDecoder } from '../decoding/stream-decoder.js';
import { SileroModel, type SileroStream } from '../voice/silero-model.js';
import type {
  ThreadCodec,
  ThreadFailure,
  ThreadMethod,
  ThreadMethods,
  ThreadRequest,
  ThreadResponse,
} from './protocol.js';

/** The audio thread: runs the codecs and the voice-activity model for all streams of the process. */

const port = parentPort;
if (port === null)
  throw new Error('this module is the entry of the audio thread; start it with startAudioThread()');

// The codec libraries report every damaged packet on the console, and return the same errors; in this thread
// the latter suffice.
console.error = () => {};

const CODECS: Readonly<Record<ThreadCodec, (maxSeconds: number) => StreamDecoder>> = {
  flac: (maxSeconds) => new FlacCodec(false, maxSeconds),
  'ogg-flac': (maxSeconds) => new FlacCodec(true, maxSeconds),
  'ogg-opus': () => new OpusCodec(),
  mp3: () => new Mp3Codec(),
};

const decoders = new Map<number, StreamDecoder>();
const voices = new Map<number, SileroStream>();
let lastSession = 0;
let model: Promise<SileroModel> | undefined;

type Handlers = {
  readonly [M in ThreadMethod]: (params: ThreadMethods[M]['params']) => Promise<ThreadMethods[M]['result']>;
};

const handlers: Handlers = {
  async openDecoder({ codec, maxSeconds }) {
    decoders.set(++lastSession, CODECS[codec](maxSeconds));
    return lastSession;
  },
  decode: ({ session, bytes }) => entryOf(decoders, session).push(bytes).catch(blameStream),
  finishDecoder: ({ session, complete }) => entryOf(decoders, session).finish(complete).catch(blameStream),
  async closeDecoder({ session }) {
    const decoder = entryOf(decoders, session);
    decoders.delete(session);
    await decoder.close();
    return undefined;
  },
  async openVoice() {
    model ??= SileroModel.load();
    voices.set(++lastSession, (await model).openStream());
    return lastSession;
  },
  voice: ({ session, samples }) => entryOf(voices, session).probabilities(samples),
  async closeVoice({ session }) {
    voices.delete(session);
    return undefined;
  },
};

port.on('message', async (request: ThreadRequest) => {
  const { id } = request;
  let response: ThreadResponse;
  try {
    response = { id, result: await handle(request) };
  } catch (error) {
    response = { id, failure: failureFrom(error) };
  }
  port.postMessage(response);
});

function handle<M extends ThreadMethod>(request: ThreadRequest & { readonly method: M }): Promise<unknown> {
  const handler = handlers[request.method] as (params: ThreadRequest['params']) => Promise<unknown>;
  return handler(request.params);
}

function entryOf<T>(sessions: ReadonlyMap<number, T>, session: number): T {
  const entry = sessions.get(session);
  if (entry === undefined) throw new Error(`expected an open session of the audio thread, got ${session}`);
  return entry;
}

/** What a library throws while it decodes, the stream has provoked. */
function blameStream(error: unknown): never {
  if (error instanceof AudioError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  throw new AudioError('CORRUPT', `the stream cannot be decoded: ${reason}`);
}

function failureFrom(error: unknown): ThreadFailure {
  if (error instanceof AudioError)
    return { message: error.message, code: error.code, details: error.details };
  return { message: error instanceof Error ? error.message : String(error) };
}
