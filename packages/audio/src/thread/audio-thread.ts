import type { MonoBlock, StreamDecoder } from '../decoding/stream-decoder.js';
import type { ThreadCodec } from './protocol.js';
import { ThreadConnection } from './thread-connection.js';

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
 * A worker thread that runs compressed codecs and voice-activity detection, so that neither holds up the event
 * loop. One serves all streams of a process. It starts, and loads codecs and model, on first use; should it fail,
 * the streams on it fail and the next stream gets a new one.
 */
export class AudioThread {
  readonly #startThread: () => ThreadConnection;
  #connection: ThreadConnection | undefined;
  #isClosed = false;

  /** @param startThread starts the worker; for tests that end it. */
  constructor(startThread: () => ThreadConnection = () => new ThreadConnection()) {
    this.#startThread = startThread;
  }

  /**
   * A decoder for one compressed stream.
   * @param maxSeconds a stream that declares more is refused. Default: no limit.
   */
  async openDecoder(codec: ThreadCodec, maxSeconds = Number.POSITIVE_INFINITY): Promise<StreamDecoder> {
    const connection = this.#connect();
    const session = await connection.call('openDecoder', { codec, maxSeconds });
    return {
      push: (bytes): Promise<MonoBlock[]> => connection.call('decode', { session, bytes }),
      finish: (complete): Promise<MonoBlock[]> => connection.call('finishDecoder', { session, complete }),
      close: async () => {
        if (!connection.hasEnded) await connection.call('closeDecoder', { session });
      },
    };
  }

  /** The voice activity of one stream. The first call loads the model. */
  async openVoice(): Promise<VoiceStream> {
    const connection = this.#connect();
    const session = await connection.call('openVoice', {});
    return {
      probabilities: (samples) => connection.call('voice', { session, samples }),
      close: async () => {
        if (!connection.hasEnded) await connection.call('closeVoice', { session });
      },
    };
  }

  /** Ends the thread for good. Calls under way fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connection?.close();
  }

  #connect(): ThreadConnection {
    if (this.#isClosed) throw new Error('the audio thread is closed; start another one');
    if (this.#connection === undefined || this.#connection.hasEnded) this.#connection = this.#startThread();
    return this.#connection;
  }
}

/** The audio thread of a process; `close` it when the process shuts down. */
export function startAudioThread(): AudioThread {
  return new AudioThread();
}
