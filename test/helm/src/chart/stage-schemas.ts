import { adapterConfigSchema } from '@osum/adapter';
import { decoderConfigSchema } from '@osum/decoder';
import { encoderConfigSchema } from '@osum/encoder';
import { featuresConfigSchema } from '@osum/features';
import { gatewayConfigSchema } from '@osum/gateway';
import { routerConfigSchema } from '@osum/router';
import type { z } from 'zod';

/** The services' own configuration, by the name that `osum serve` gives them. */
export const stageSchemas = {
  features: featuresConfigSchema,
  encoder: encoderConfigSchema,
  adapter: adapterConfigSchema,
  decoder: decoderConfigSchema,
  router: routerConfigSchema,
  gateway: gatewayConfigSchema,
} as const satisfies Record<string, z.ZodObject>;

/** Name of a service. */
export type StageName = keyof typeof stageSchemas;

/** Names of all services. */
export const stageNames = Object.keys(stageSchemas) as StageName[];
