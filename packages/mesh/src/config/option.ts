import { z } from 'zod';

/** One key of a configuration. */
export interface ConfigOption {
  /** In camelCase, as in the file. */
  key: string;
  /** What it does, with its unit. */
  description: string;
  isBoolean: boolean;
  isList: boolean;
  isNumber: boolean;
  required: boolean;
  /** Undefined if there is none. */
  defaultValue: unknown;
  /** Allowed words, if it is one of a few. */
  choices: readonly string[] | undefined;
}

interface JsonProperty {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
}

/** The options of a schema, in its order. */
export function optionsOf(schema: z.ZodObject): ConfigOption[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const required = new Set(json.required);
  return Object.entries((json.properties ?? {}) as Record<string, JsonProperty>).map(([key, property]) => ({
    key,
    description: property.description ?? '',
    isBoolean: property.type === 'boolean',
    isList: property.type === 'array',
    isNumber: property.type === 'number' || property.type === 'integer',
    required: required.has(key),
    defaultValue: property.default,
    choices: property.enum,
  }));
}

/** `maxQueueSeconds` to `max-queue-seconds`. */
export function flagFromKey(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `maxQueueSeconds` to `OSUM_MAX_QUEUE_SECONDS`. */
export function envFromKey(key: string): string {
  return `OSUM_${flagFromKey(key).replaceAll('-', '_').toUpperCase()}`;
}

/** The value that a flag's or variable's text means. Text that does not fit its type is left for the schema to refuse. */
export function valueFromText({ isBoolean, isList, isNumber }: ConfigOption, text: string): unknown {
  if (isList)
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  if (isBoolean) return { true: true, false: false, '1': true, '0': false }[text] ?? text;
  if (isNumber) return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
  return text;
}
