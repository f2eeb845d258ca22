type Environment = Readonly<Record<string, string | undefined>>;

/** How spans are sent. */
export interface ExporterChoice {
  readonly protocol: 'grpc' | 'http/protobuf';
  /** Undefined: the exporter reads it from the OTEL_EXPORTER_OTLP_... variables. */
  readonly url: string | undefined;
}

/**
 * How spans are to be sent; null: not at all. `endpoint` is what the service was configured with. OpenTelemetry's own variables count as
 * its specification says: OTEL_SDK_DISABLED and OTEL_TRACES_EXPORTER=none turn tracing off; the endpoint and the protocol may come from
 * OTEL_EXPORTER_OTLP_... and the same with TRACES_.
 *
 * @throws Error naming the variable whose value cannot be used.
 */
export function exporterChoice(endpoint: string | undefined, env: Environment): ExporterChoice | null {
  const exporter = env.OTEL_TRACES_EXPORTER;
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || exporter === 'none') return null;
  if (exporter !== undefined && exporter !== '' && exporter !== 'otlp')
    throw new Error(`OTEL_TRACES_EXPORTER: expected otlp or none, got ${exporter}`);
  const named = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined && !named) return null;
  const wanted = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL;
  // The specification's default, for endpoints that its variables name; the flag is documented as gRPC.
  const protocol = wanted || (endpoint === undefined ? 'http/protobuf' : 'grpc');
  if (protocol !== 'grpc' && protocol !== 'http/protobuf')
    throw new Error(`OTEL_EXPORTER_OTLP_PROTOCOL: expected grpc or http/protobuf, got ${protocol}`);
  if (endpoint === undefined || protocol === 'grpc') return { protocol, url: endpoint };
  return { protocol, url: `${endpoint.replace(/\/$/, '')}/v1/traces` };
}
