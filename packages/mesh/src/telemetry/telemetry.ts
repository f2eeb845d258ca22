import { type Tracer, trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, pino } from 'pino';
import { collectDefaultMetrics, type OpenMetricsContentType, Registry } from 'prom-client';
import { exporterChoice } from './exporter-choice.js';
import { loggedError } from './logged-error.js';
import type { MetricRegistry } from './metrics.js';
import type { TelemetryConfig } from './telemetry-config.js';
import type { Tracing } from './tracing.js';

/** Where a service's logs, metrics and traces go. */
export interface Telemetry {
  /** Name of the service or process, such as `encoder`. */
  readonly name: string;
  readonly log: Logger;
  /** One registry a process; its metrics are labelled by service where that matters. */
  readonly registry: MetricRegistry;
  readonly tracer: Tracer;
  /** Whether instructions and transcripts may go into traces and logs. Audio never does. */
  readonly captureContent: boolean;
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
  registry?: MetricRegistry;
  /** Default: whatever OpenTelemetry SDK the process has registered. */
  tracing?: Tracing;
  /** Default: false. */
  captureContent?: boolean;
}

/** Telemetry of a whole process, which ends with it. */
export interface ProcessTelemetry extends Telemetry {
  /** Sends the last spans, waiting at most two seconds for their receiver. */
  close(): Promise<void>;
}

interface Sinks {
  readonly log: Logger;
  readonly registry: MetricRegistry;
  readonly tracing: Tracing | undefined;
  readonly captureContent: boolean;
}

/** Logs as JSON lines, metrics for Prometheus, traces through an OpenTelemetry SDK. */
export function createTelemetry({ name, ...options }: TelemetryOptions): Telemetry {
  return telemetryOf(name, sinksOf(options));
}

/**
 * The telemetry of a service from its configuration, with a receiver for traces if that or the environment names one. A service that
 * shares its process takes the sinks of `shared` instead, which stay open when it is closed.
 *
 * @throws Error naming the OTEL_... variable whose value cannot be used.
 */
export async function openTelemetry(
  name: string,
  config: TelemetryConfig,
  shared?: Telemetry,
): Promise<ProcessTelemetry> {
  if (shared !== undefined) return { ...shared.child(name), close: async () => {} };
  const sinks = sinksOf(config);
  const choice = exporterChoice(config.otlpEndpoint, process.env);
  if (choice === null) return { ...telemetryOf(name, sinks), close: async () => {} };
  const { openTracing } = await import('./tracing.js');
  const log = sinks.log.child({ service: name });
  const tracing = await openTracing(choice, { ...sinks, log });
  return { ...telemetryOf(name, { ...sinks, tracing }), close: () => tracing.close() };
}

function sinksOf({
  logLevel = 'info',
  logDestination,
  registry,
  tracing,
  captureContent = false,
}: Omit<TelemetryOptions, 'name'>): Sinks {
  const options = {
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: (error: unknown) => loggedError(error, captureContent) },
  };
  const log = pino(options, logDestination ?? pino.destination({ dest: 2, sync: true }));
  return { log, registry: registry ?? processRegistry(), tracing, captureContent };
}

function telemetryOf(name: string, sinks: Sinks): Telemetry {
  const { log, registry, tracing, captureContent } = sinks;
  return {
    name,
    log: log.child({ service: name }),
    registry,
    tracer: tracing?.tracer(name) ?? trace.getTracer('@osum/mesh'),
    captureContent,
    child: (childName) => telemetryOf(childName, sinks),
  };
}

function processRegistry(): MetricRegistry {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register: registry });
  return registry;
}
