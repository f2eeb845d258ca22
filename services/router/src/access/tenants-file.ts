import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';

/** What a tenant may use. Whatever is missing is bounded by the router's own limits only. */
const boundsShape = {
  /** Seconds of audio an hour, all its calls together. */
  audioSecondsPerHour: z.number().positive().optional(),
  /** Seconds of audio that it may use at once after a pause; default: a quarter of an hour's. */
  burstAudioSeconds: z.number().positive().optional(),
  /** Calls at one time. */
  maxCalls: z.number().int().positive().optional(),
  /** Longest recording. */
  maxAudioSeconds: z.number().positive().optional(),
};

/** Names of tenants: they travel as a header. */
export const tenantName = /^[\w.:@/-]{1,128}$/;

const keySchema = z.strictObject({
  /** Name of the key in logs; never secret. */
  id: z.string().regex(/^[\w.-]{1,64}$/, 'expected 1 to 64 letters, digits, dots, dashes or underscores'),
  /** SHA-256 of the key, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits, in lower case'),
  /** When it stops to be valid, such as 2027-06-30T00:00:00Z; default: never. */
  expires: z.iso.datetime({ offset: true }).optional(),
});

const tenantSchema = z.strictObject({ ...boundsShape, keys: z.array(keySchema).default([]) });

const fileSchema = z.strictObject({
  tenants: z.record(
    z.string().regex(tenantName, 'expected 1 to 128 letters, digits or .:@/_-'),
    tenantSchema,
  ),
  /** Bounds of each tenant that a token or a trusted peer names and that is not listed; without it they are refused. */
  others: z.strictObject(boundsShape).optional(),
});

/** See `boundsShape`. */
export type TenantBounds = z.infer<z.ZodObject<typeof boundsShape>>;

/** A key of a tenant, as it is listed: the key itself is nowhere kept. */
export interface ListedKey {
  readonly id: string;
  readonly tenant: string;
  /** Infinity if it never expires. */
  readonly expiresMs: number;
}

/** The tenants of a mesh. */
export interface Tenants {
  /** Text that it was read from. */
  readonly text: string;
  /** Bounds of a tenant; undefined if it is not listed and others are refused. */
  boundsOf(tenant: string): TenantBounds | undefined;
  /** Whether a tenant is listed by name. */
  isListed(tenant: string): boolean;
  /** Listed keys by their SHA-256 in hex. */
  readonly keys: ReadonlyMap<string, ListedKey>;
}

/** Without a file: no keys, and any tenant within the router's own limits. */
export const anyTenant: Tenants = {
  text: '',
  boundsOf: () => ({}),
  isListed: () => false,
  keys: new Map(),
};

/** Reads a YAML or JSON file of tenants. Rejects with a sentence that names the file and what is wrong. */
export async function readTenants(path: string): Promise<Tenants> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new Error(`cannot read the tenants ${path}: ${(error as Error).message}`);
  });
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Error(`the tenants ${path} are neither JSON nor YAML: ${(error as Error).message}`);
  }
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) throw new Error(`the tenants ${path}: ${problems(parsed.error)}`);
  const { tenants, others } = parsed.data;
  const keys = new Map<string, ListedKey>();
  for (const [tenant, listed] of Object.entries(tenants)) {
    for (const { id, sha256, expires } of listed.keys) {
      const known = keys.get(sha256);
      if (known) throw new Error(`the tenants ${path}: the keys ${known.id} and ${id} are the same`);
      const expiresMs = expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires);
      keys.set(sha256, { id, tenant, expiresMs });
    }
  }
  const listed = new Map(Object.entries(tenants));
  return {
    text,
    boundsOf: (tenant) => listed.get(tenant) ?? others,
    isListed: (tenant) => listed.has(tenant),
    keys,
  };
}

function problems(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`).join('; ');
}
