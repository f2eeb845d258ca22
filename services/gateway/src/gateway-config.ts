import { z } from 'zod';

const address = z.string().regex(/^.+:\d+$/, 'expected host:port');

/** Configuration of the gateway: flags, environment (OSUM_...) and file share these names. */
export const gatewayConfigSchema = z.object({
  router: address.describe('host:port of the router'),
  listen: address
    .default('127.0.0.1:50052')
    .describe('host:port of the Riva gRPC door; port 0 takes a free one'),
  http: address
    .default('127.0.0.1:8080')
    .describe('host:port of the OpenAI HTTP door; port 0 takes a free one'),
  maxAudioBytes: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 * 1024)
    .describe('largest recording of one HTTP request, in bytes'),
});

/** What the gateway is configured with. */
export type GatewayConfig = z.infer<typeof gatewayConfigSchema>;
