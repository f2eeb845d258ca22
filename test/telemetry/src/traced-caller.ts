import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** A program with an OpenTelemetry SDK of its own, as a user of the client may be. */
export interface TracedCaller {
  /** Runs work in a span, and gives the id of its trace. */
  trace(name: string, work: () => Promise<unknown>): Promise<string>;
  close(): Promise<void>;
}

/** Registers an SDK in this process that sends its spans to `otlpUrl` as the service `caller`. */
export function createTracedCaller(otlpUrl: string): TracedCaller {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'caller' }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: otlpUrl }))],
  });
  provider.register();
  const tracer = provider.getTracer('telemetry-tests');
  return {
    async trace(name, work) {
      const span = tracer.startSpan(name);
      try {
        await context.with(trace.setSpan(context.active(), span), work);
      } finally {
        span.end();
      }
      return span.spanContext().traceId;
    },
    async close() {
      await provider.shutdown();
      trace.disable();
      context.disable();
    },
  };
}
