import type { HealthRegistry } from '@osum/mesh';

/** A service that listens. */
export interface RunningService {
  /** `host:port` under which others reach it. */
  readonly address: string;
  /** `host:port` of health and reflection for operators; undefined if there is none. */
  readonly adminAddress?: string | undefined;
  readonly health: HealthRegistry;
  /** Resolves when the model is loaded and calls are answered; rejects, with the service ended, when it cannot be. */
  readonly ready: Promise<void>;
  /** Ends it gracefully: not serving, refusing new calls, waiting for calls, freeing the device. May be called twice. */
  drain(): Promise<void>;
  /** Ends it at once: calls break off. */
  abort(): Promise<void>;
}
