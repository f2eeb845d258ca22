import { Worker } from 'node:worker_threads';
import { AudioError } from '../audio-error.js';
import type { MonoBlock, StreamDecoder } from '../decoding/stream-decoder.js';
import type {
  ThreadCodec,
  ThreadFailure,
  ThreadMethod,
  ThreadMethods,
  ThreadRequest,
  ThreadResponse,
} from './protocol.js';

interface PendingCall {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The probabilities of speech of one stream. */
export interface VoiceStream {
  /**
   * @param samples at 16 kHz, a whole number of frames of 512.
   * @returns a probability for each frame.
   */
  probabilities(samples: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * A worker thread that runs compressed codecs and voice-activity detection, so that neither holds up the event loop. One serves all streams of
 * a process. It loads what it needs on first use, and keeps the process alive only while calls are under way.
 */
export class AudioThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, PendingCall>();
  #lastId = 0;
  #ended: Error | undefined;

  constructor() {
    this.#worker = new Worker(new URL('./thread-main.js', import.meta.url), { execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (response: ThreadResponse) => this.#settle(response));
    this.#worker.on('error', (error) => this.#end(new Error(`the audio thread failed: ${error.message}`)));
    this.#worker.on('exit', () => this.#end(new Error('the audio thread has ended')));
  }

  /** A decoder for one compressed stream. */
  async openDecoder(codec: ThreadCodec): Promise<StreamDecoder> {
    const session = await this.#call('openDecoder', { codec });
    return {
      push: (bytes): Promise<MonoBlock[]> => this.#call('decode', { session, bytes }),
      finish: (complete): Promise<MonoBlock[]> => this.#call('finishDecoder', { session, complete }),
      close: () => this.#call('closeDecoder', { session }),
    };
  }

  /** The voice activity of one stream. The first call loads the model. */
  async openVoice(): Promise<VoiceStream> {
    const session = await this.#call('openVoice', {});
    return {
      probabilities: (samples) => this.#call('voice', { session, samples }),
      close: () => this.#call('closeVoice', { session }),
    };
  }

  /** Ends the thread. Calls under way fail. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #call<M extends ThreadMethod>(
    method: M,
    params: ThreadMethods[M]['params'],
  ): Promise<ThreadMethods[M]['result']> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as PendingCall['resolve'], reject });
      if (this.#pending.size === 1) this.#worker.ref();
      this.#worker.postMessage({ id, method, params } as ThreadRequest);
    });
  }

  #settle(response: ThreadResponse): void {
    const call = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ('failure' in response) call?.reject(errorFrom(response.failure));
    else call?.resolve(response.result);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }
}

/** Starts the audio thread; `close` it when the process shuts down. */
export function startAudioThread(): AudioThread {
  return new AudioThread();
}

function errorFrom({ code, message, details }: ThreadFailure): Error {
  return code === undefined
    ? new Error(`in the audio thread: ${message}`)
    : new AudioError(code, message, details);
}
