import { z } from 'zod';
import { tlsConfigShape } from '../security/tls-config.js';
import { telemetryConfigShape } from '../telemetry/telemetry-config.js';

/** `host:port`. */
export const addressSchema = z.string().regex(/^.+:\d+$/, 'expected host:port');

/** Where a service is found. */
export const listenConfigShape = {
  listen: addressSchema.default('127.0.0.1:0').describe('host:port to serve on; port 0 picks a free one'),
  advertise: addressSchema
    .optional()
    .describe('host:port under which others reach this service; default: where it listens'),
};

/** How every service is operated. */
export const serviceConfigShape = {
  operations: addressSchema
    .optional()
    .describe('host:port of the HTTP endpoint for metrics and probes; none by default'),
  admin: addressSchema
    .optional()
    .describe(
      'host:port of health and reflection in plaintext, for probes and tools, which users must not reach; none by default',
    ),
  reflection: z
    .boolean()
    .optional()
    .describe('whether callers get gRPC reflection; default: in plaintext only'),
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
  ...tlsConfigShape,
  ...telemetryConfigShape,
};
