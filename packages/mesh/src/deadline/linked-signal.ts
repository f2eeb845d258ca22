import { setMaxListeners } from 'node:events';

/** A signal that follows others, until it is unlinked. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Lets go of the followed signals, so that a long-lived one does not keep this one. */
  unlink(): void;
}

/** Aborts with the reason of the first of `signals` that aborts. Unlike `AbortSignal.any` it can be unlinked. */
export function linkSignals(...signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const listeners: (() => void)[] = [];
  for (const signal of signals) {
    if (signal === undefined) continue;
    if (signal.aborted) {
      controller.abort(signal.reason);
      break;
    }
    const follow = () => controller.abort(signal.reason);
    signal.addEventListener('abort', follow, { once: true });
    listeners.push(() => signal.removeEventListener('abort', follow));
  }
  // As many may listen as there are calls and waits under way: each takes its listener off again.
  setMaxListeners(0, controller.signal, ...signals.filter((signal) => signal !== undefined));
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => {
      for (const remove of listeners.splice(0)) remove();
    },
  };
}
