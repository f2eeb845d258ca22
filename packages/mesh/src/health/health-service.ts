import { health } from '@osum/proto';
import { linkSignals } from '../deadline/linked-signal.js';
import { type BoundService, bindService } from '../server/bind-service.js';
import { MeshError } from '../status/mesh-error.js';
import type { HealthRegistry } from './health-registry.js';

const { SERVICE_UNKNOWN } = health.HealthCheckResponse_ServingStatus;

/**
 * `grpc.health.v1.Health` over a registry. Watches end, after a last NOT_SERVING, when `drainStarted` aborts: they would keep a
 * draining server alive.
 */
export function healthService(registry: HealthRegistry, drainStarted: AbortSignal): BoundService {
  return bindService(health.Health, {
    async check({ service }) {
      const status = registry.get(service);
      if (status === undefined) throw new MeshError('unknownService', `No service "${service}" here.`);
      return { status };
    },
    async list() {
      const statuses = registry
        .names()
        .map((name) => [name, { status: registry.get(name) ?? SERVICE_UNKNOWN }]);
      return { statuses: Object.fromEntries(statuses) };
    },
    async *watch({ service }, { signal }) {
      const over = linkSignals(signal, drainStarted);
      try {
        let sent: number | undefined;
        while (!signal.aborted) {
          const changed = nextChange(registry, over.signal);
          const status = registry.get(service) ?? SERVICE_UNKNOWN;
          if (status !== sent) {
            sent = status;
            yield { status };
          }
          if (drainStarted.aborted) return;
          await changed;
        }
      } finally {
        over.abort(new Error('the watch is over'));
        over.unlink();
      }
    },
  });
}

/** Resolves at the next change of a status, or when `signal` aborts. */
function nextChange(registry: HealthRegistry, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      unsubscribe();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const unsubscribe = registry.subscribe(done);
    signal.addEventListener('abort', done);
  });
}
