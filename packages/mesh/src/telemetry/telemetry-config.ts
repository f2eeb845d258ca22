import { z } from 'zod';

/** What a service tells of itself, and whereto. */
export const telemetryConfigShape = {
  otlpEndpoint: z
    .string()
    .regex(/^https?:\/\/[^/\s]+(\/\S*)?$/, 'expected http://host:port or https://host:port')
    .optional()
    .describe(
      'URL of an OTLP receiver that traces go to, by gRPC unless OTEL_EXPORTER_OTLP_PROTOCOL says http/protobuf; default: what the OTEL_EXPORTER_OTLP_... variables say, else no traces',
    ),
  captureContent: z
    .boolean()
    .default(false)
    .describe(
      'whether instructions and what the model printed go into traces and logs; audio never does, and without this none of them do',
    ),
};

/** See `telemetryConfigShape`. */
export interface TelemetryConfig {
  readonly otlpEndpoint?: string | undefined;
  readonly captureContent: boolean;
  /** Least level of log lines. */
  readonly logLevel: string;
}
