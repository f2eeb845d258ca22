import { type Tracer, trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, pino } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** Where a service's logs, metrics and traces go. */
export interface Telemetry {
  /** Name of the service or process, such as `encoder`. */
  readonly name: string;
  readonly log: Logger;
  /** One registry a process; its metrics are labelled by service where that matters. */
  readonly registry: Registry;
  readonly tracer: Tracer;
  /** The same sinks under another name, for several services in one process. */
  child(name: string): Telemetry;
}

/** Options of {@link createTelemetry}. */
export interface TelemetryOptions {
  name: string;
  /** `trace`, `debug`, `info`, `warn`, `error` or `silent`. Default `info`. */
  logLevel?: string;
  /** Default: standard error, for results go to standard output. */
  logDestination?: DestinationStream;
  /** Default: a new one with the process's own metrics (memory, event-loop delay, garbage collection). */
  registry?: Registry;
}

/** Logs as JSON lines, metrics for Prometheus, traces through whatever OpenTelemetry SDK the process has registered. */
export function createTelemetry({
  name,
  logLevel = 'info',
  logDestination,
  registry,
}: TelemetryOptions): Telemetry {
  const options = { level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const log = pino(options, logDestination ?? pino.destination({ dest: 2, sync: true }));
  return telemetryOf(name, log, registry ?? processRegistry());
}

function telemetryOf(name: string, root: Logger, registry: Registry): Telemetry {
  return {
    name,
    log: root.child({ service: name }),
    registry,
    tracer: trace.getTracer('@osum/mesh'),
    child: (childName) => telemetryOf(childName, root, registry),
  };
}

function processRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
