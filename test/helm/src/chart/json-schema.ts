/** A JSON schema, draft 7, which Helm 3 and Helm 4 read. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** An object with all of these keys and no others. */
export function closed(properties: Record<string, JsonSchema>): JsonSchema {
  return { ...partial(properties), required: Object.keys(properties) };
}

/** An object with any of these keys and no others. */
export function partial(properties: Record<string, JsonSchema>): JsonSchema {
  return { type: 'object', additionalProperties: false, properties };
}

/** A list of such items. */
export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

/** A whole number in a range. */
export function whole(minimum: number, maximum?: number): JsonSchema {
  return { type: 'integer', minimum, ...(maximum !== undefined && { maximum }) };
}

/** Any text. */
export const text: JsonSchema = { type: 'string' };

/** A Kubernetes structure, which the API server checks. */
export const anyObject: JsonSchema = { type: 'object' };

/** The parts of an image's reference. */
export const imageProperties: Record<string, JsonSchema> = {
  repository: { type: 'string', minLength: 1 },
  tag: text,
  digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
  pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
};
