import { DiagLogLevel, diag, type Tracer } from '@opentelemetry/api';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_NAMESPACE,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import type { Logger } from 'pino';
import { sleep } from '../deadline/abortable.js';
import type { ExporterChoice } from './exporter-choice.js';
import { meshVersion } from './mesh-version.js';
import type { MetricRegistry } from './metrics.js';
import { countedExporter, openSpanExporter } from './span-exporter.js';

/** Where the spans of a process go. */
export interface Tracing {
  /** The tracer of a service of the process, such as `encoder`: its spans carry `service.name` = `osum-encoder`. */
  tracer(service: string): Tracer;
  /** Sends what is left, waiting at most two seconds for the receiver, and ends. */
  close(): Promise<void>;
}

/** What {@link openTracing} needs. */
export interface TracingSinks {
  readonly log: Logger;
  readonly registry: MetricRegistry;
}

/** Name and version of the semantic conventions that the spans follow. */
const scope = { name: '@osum/mesh', schemaUrl: 'https://opentelemetry.io/schemas/1.45.0' };
const namespace = 'osum-mesh';
const flushMs = 2000;

/**
 * Starts sending spans, in batches: no call waits for it. Sampling (OTEL_TRACES_SAMPLER), batching (OTEL_BSP_...), headers, certificates
 * and compression (OTEL_EXPORTER_OTLP_...) and attributes of the process (OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME) are read from the
 * environment by the SDK.
 */
export async function openTracing(choice: ExporterChoice, { log, registry }: TracingSinks): Promise<Tracing> {
  logDiagnostics(log);
  const exporter = countedExporter(await openSpanExporter(choice), registry);
  const processor = new BatchSpanProcessor(exporter);
  const given = detectResources({ detectors: [envDetector] });
  const instance = crypto.randomUUID();
  const resourceOf = (service: string) =>
    resourceFromAttributes({
      [ATTR_SERVICE_NAME]: `osum-${service}`,
      [ATTR_SERVICE_NAMESPACE]: namespace,
      [ATTR_SERVICE_VERSION]: meshVersion,
      [ATTR_SERVICE_INSTANCE_ID]: instance,
    }).merge(given);
  return {
    tracer(service) {
      const provider = new BasicTracerProvider({
        resource: resourceOf(service),
        spanProcessors: [processor],
      });
      return provider.getTracer(scope.name, meshVersion, { schemaUrl: scope.schemaUrl });
    },
    async close() {
      const over = new AbortController();
      const shutdown = processor
        .shutdown()
        .catch((error) => log.warn({ err: error }, 'the last spans were lost'));
      await Promise.race([shutdown, sleep(flushMs, over.signal).catch(() => {})]);
      over.abort();
    },
  };
}

// The SDK says through `diag` that spans were lost; it is one a process.
function logDiagnostics(log: Logger): void {
  const logger = {
    error: (message: string) => log.warn({ telemetry: message }, 'traces'),
    warn: (message: string) => log.warn({ telemetry: message }, 'traces'),
    info() {},
    debug() {},
    verbose() {},
  };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
