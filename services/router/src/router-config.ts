import { addressSchema, listenConfigShape, serviceConfigShape } from '@osum/mesh';
import { z } from 'zod';
import { accessConfigShape } from './access/access-config.js';

const addresses = (what: string) => z.array(addressSchema).min(1).describe(`host:port of each ${what}`);

/** Configuration of the router: flags, environment (OSUM_...) and file share these names. */
export const routerConfigSchema = z.object({
  package: z.string().min(1).describe('folder of the model package; only its model.json is read'),
  ...listenConfigShape,
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
  maxAudioBytes: z
    .number()
    .int()
    .positive()
    .default(2 ** 30)
    .describe('most bytes of audio of one call, encoded as they come; more is refused with OUT_OF_RANGE'),
  maxPauseMs: z
    .number()
    .positive()
    .default(30_000)
    .describe(
      'longest pause between the messages of a recording; a longer one ends the call with DEADLINE_EXCEEDED; live streams may pause',
    ),
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
  ...accessConfigShape,
  ...serviceConfigShape,
});

/** See `routerConfigSchema`. */
export type RouterConfig = z.infer<typeof routerConfigSchema>;
