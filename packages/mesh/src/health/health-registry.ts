import { health } from '@osum/proto';

const { SERVING, NOT_SERVING } = health.HealthCheckResponse_ServingStatus;
/** State of a service in the sense of grpc.health.v1. */
export type ServingStatus = health.HealthCheckResponse_ServingStatus;

/** What a server tells about its services. The empty name is the whole process: SERVING when all services are. */
export interface HealthRegistry {
  /** Sets the state of a service. Throws if the service is unknown. Without effect after `shutdown`. */
  set(service: string, serving: boolean): void;
  /** State of a service; undefined if there is no such service. */
  get(service: string): ServingStatus | undefined;
  /** All names, the empty one included. */
  names(): string[];
  /** Calls `listener` after each change of any service. Returns the way to stop it. */
  subscribe(listener: () => void): () => void;
  /** Sets all services to NOT_SERVING for good. */
  shutdown(): void;
}

/** A registry in which each service starts as NOT_SERVING. */
export function createHealthRegistry(services: readonly string[]): HealthRegistry {
  const states = new Map(services.map((service) => [service, NOT_SERVING as ServingStatus]));
  const listeners = new Set<() => void>();
  let closed = false;
  const changed = () => {
    for (const listener of [...listeners]) listener();
  };
  const whole = () => ([...states.values()].every((state) => state === SERVING) ? SERVING : NOT_SERVING);
  return {
    set(service, serving) {
      if (!states.has(service)) {
        throw new Error(`health of ${service}: expected one of ${[...states.keys()].join(', ')}`);
      }
      const state = serving ? SERVING : NOT_SERVING;
      if (closed || states.get(service) === state) return;
      states.set(service, state);
      changed();
    },
    get: (service) => (service === '' ? whole() : states.get(service)),
    names: () => ['', ...states.keys()],
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    shutdown() {
      closed = true;
      for (const service of states.keys()) states.set(service, NOT_SERVING);
      changed();
    },
  };
}
