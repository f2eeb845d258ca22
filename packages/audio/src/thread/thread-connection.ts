import { Worker } from 'node:worker_threads';
import { AudioError } from '../audio-error.js';
import type {
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

/** One life of the worker thread, and the calls to it. It keeps the process alive only while calls are under way. */
export class ThreadConnection {
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

  /** True once the thread has failed or was ended. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  call<M extends ThreadMethod>(
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

  /** Ends the thread. Calls under way fail. */
  async close(): Promise<void> {
    await this.#worker.terminate();
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

function errorFrom({ code, message, details }: ThreadFailure): Error {
  return code === undefined
    ? new Error(`in the audio thread: ${message}`)
    : new AudioError(code, message, details);
}
