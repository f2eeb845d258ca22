import { addressSchema } from '@osum/stage';
import { z } from 'zod';

const addresses = (what: string) => z.array(addressSchema).min(1).describe(`host:port of each ${what}`);

/** Configuration of the router: flags, environment (OSUM_...) and file share these names. */
export const routerConfigSchema = z.object({
  package: z.string().min(1).describe('folder of the model package; only its model.json is read'),
  listen: addressSchema.default('127.0.0.1:0').describe('host:port to serve on; port 0 picks a free one'),
  advertise: addressSchema
    .optional()
    .describe('host:port under which others reach the router; default: where it listens'),
  features: addresses('feature extractor'),
  decoders: addresses('decoder'),
  maxAudioSeconds: z
    .number()
    .positive()
    .default(1800)
    .describe('longest recording in seconds; more is refused with OUT_OF_RANGE'),
  maxLiveSeconds: z
    .number()
    .positive()
    .default(14_400)
    .describe('longest live stream in seconds; one that goes on ends with OUT_OF_RANGE'),
  maxUtteranceSeconds: z
    .number()
    .positive()
    .optional()
    .describe(
      'longest utterance in seconds; longer speech is cut; default: 30, or less if the package says so',
    ),
  maxParallelUtterances: z
    .number()
    .int()
    .positive()
    .default(4)
    .describe('utterances of one recording that are answered at one time'),
  maxInstructionBytes: z
    .number()
    .int()
    .positive()
    .default(8192)
    .describe('longest instruction in bytes of UTF-8; more is refused with INVALID_ARGUMENT'),
  minPlanScore: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('an interpretation less probable than this is refused with FAILED_PRECONDITION'),
  planCacheEntries: z
    .number()
    .int()
    .nonnegative()
    .default(4096)
    .describe('interpreted instructions that are remembered'),
  silenceLevel: z
    .number()
    .nonnegative()
    .default(1e-4)
    .describe(
      'a clip whose samples all stay below this (full scale is 1) holds no sound and is not given to the model',
    ),
  operations: addressSchema
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

/** See `routerConfigSchema`. */
export type RouterConfig = z.infer<typeof routerConfigSchema>;
