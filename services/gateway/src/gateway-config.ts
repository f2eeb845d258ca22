import { z } from 'zod';

const address = z.string().regex(/^.+:\d+$/, 'expected host:port');

/** Configuration of the gateway: flags, environment (OSUM_...) and file share these names. */
export const gatewayConfigSchema = z.object({
  router: address.describe('host:port of the router'),
  listen: address
    .default('127.0.0.1:50052')
    .describe('host:port of the Riva gRPC door; port 0 picks a free one'),
  http: address
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
  operations: address
    .optional()
    .describe('host:port of the HTTP endpoint for metrics and probes; none by default'),
  reflection: z.boolean().default(true).describe('whether to serve gRPC reflection'),
  drainGraceMs: z
    .number()
    .int()
    .nonnegative()
    .default(20_000)
    .describe('how long a drain waits for calls before it aborts them'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('least level of log lines'),
});

/** What the gateway is configured with. */
export type GatewayConfig = z.infer<typeof gatewayConfigSchema>;
