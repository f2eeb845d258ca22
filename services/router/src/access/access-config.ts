import { doorConfigShape } from '@osum/mesh';
import { z } from 'zod';

const hourSeconds = 3600;

/** Who may call the router, and how much. */
export const accessConfigShape = {
  ...doorConfigShape,
  tenants: z
    .string()
    .min(1)
    .optional()
    .describe(
      'YAML or JSON file of tenants, with hashes of their API keys and their bounds; changes are taken',
    ),
  jwtKeys: z
    .string()
    .min(1)
    .optional()
    .describe('JWK set that tokens are verified with: a file, whose changes are taken, or an https address'),
  jwtIssuer: z.string().min(1).optional().describe('`iss` that tokens must have'),
  jwtAudience: z.string().min(1).optional().describe('`aud` that tokens must have'),
  jwtTenantClaim: z.string().min(1).default('tenant').describe('claim of a token that names the tenant'),
  jwtMaxAgeSeconds: z
    .number()
    .positive()
    .default(hourSeconds)
    .describe('how long after its `iat` a token is taken at most, whatever its `exp`'),
  jwtSingleUse: z
    .boolean()
    .default(false)
    .describe(
      'whether a token, told by its `jti`, counts for one call; remembered by each router on its own',
    ),
  anonymousTenant: z
    .string()
    .min(1)
    .optional()
    .describe(
      'tenant of callers without credentials; by default they are refused wherever there are some to be had',
    ),
};

/** See `accessConfigShape`. */
export type AccessConfig = z.infer<z.ZodObject<typeof accessConfigShape>>;
