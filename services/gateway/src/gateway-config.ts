import { addressSchema, doorConfigShape, serviceConfigShape } from '@osum/mesh';
import { z } from 'zod';

/** Configuration of the gateway: flags, environment (OSUM_...) and file share these names. */
export const gatewayConfigSchema = z.object({
  router: addressSchema.describe('host:port of the router'),
  listen: addressSchema
    .default('127.0.0.1:50052')
    .describe('host:port of the Riva gRPC door; port 0 picks a free one'),
  http: addressSchema
    .default('127.0.0.1:8080')
    .describe('host:port of the OpenAI HTTP door; port 0 picks a free one'),
  maxAudioBytes: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 * 1024)
    .describe('largest recording of one HTTP request or Riva message, in bytes'),
  maxRequestMs: z
    .number()
    .int()
    .positive()
    .default(600_000)
    .describe('longest time for one HTTP request; a shorter x-envoy-expected-rq-timeout-ms counts instead'),
  anonymousTenant: z
    .string()
    .min(1)
    .optional()
    .describe('tenant of callers without credentials; by default, with TLS, they are refused'),
  ...doorConfigShape,
  ...serviceConfigShape,
});

/** What the gateway is configured with. */
export type GatewayConfig = z.infer<typeof gatewayConfigSchema>;
