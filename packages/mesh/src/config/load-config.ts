import { parseArgs } from 'node:util';
import { z } from 'zod';
import { badValues } from './bad-values.js';
import { readConfigFile } from './config-file.js';
import { helpText } from './help-text.js';
import { envFromKey, flagFromKey, optionsOf, valueFromText } from './option.js';

/** What a program is configured by. */
export interface ConfigRequest<Schema extends z.ZodObject> {
  /** How the program is called, such as `osum serve encoder`. */
  command: string;
  /** One or two sentences for `--help`. */
  about: string;
  /** Keys in camelCase, each with `describe`; all but required keys with `default`. */
  schema: Schema;
  /** Default: the arguments of the process. */
  argv?: readonly string[];
  /** Default: the environment of the process. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** A configuration, or what to print instead: help to standard output, an error to standard error with exit code 2. */
export type ConfigOutcome<Schema extends z.ZodObject> =
  | { type: 'config'; config: z.infer<Schema> }
  | { type: 'help'; text: string }
  | { type: 'error'; text: string };

/**
 * Reads a configuration. `maxQueueSeconds` is the flag `--max-queue-seconds`, the variable `OSUM_MAX_QUEUE_SECONDS` and the key
 * `maxQueueSeconds` of the JSON or YAML file that `--config` or `OSUM_CONFIG` names. Flags win over the environment, the environment
 * over the file, the file over defaults. Lists are separated by commas; a truth value is `--flag`, `--no-flag` or `--flag=true`.
 */
export async function loadConfig<Schema extends z.ZodObject>(
  request: ConfigRequest<Schema>,
): Promise<ConfigOutcome<Schema>> {
  const { command, schema, argv = process.argv.slice(2), env = process.env } = request;
  const options = optionsOf(schema);
  const fail = (text: string) => ({
    type: 'error' as const,
    text: `${command}: ${text}\nSee ${command} --help.`,
  });

  const flags: Record<string, unknown> = {};
  let configPath = env.OSUM_CONFIG;
  try {
    const declared = Object.fromEntries(
      options.map(({ key, isBoolean }) => [
        flagFromKey(key),
        { type: isBoolean ? ('boolean' as const) : ('string' as const) },
      ]),
    );
    const { values }: { values: Record<string, unknown> } = parseArgs({
      args: argv.map(withoutBooleanValue),
      options: { ...declared, config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
      allowNegative: true,
    });
    if (values.help) return { type: 'help', text: helpText(request, options) };
    configPath = (values.config as string | undefined) ?? configPath;
    for (const option of options) {
      const value = values[flagFromKey(option.key)];
      if (value !== undefined)
        flags[option.key] = typeof value === 'string' ? valueFromText(option, value) : value;
    }
  } catch (error) {
    return fail((error as Error).message);
  }

  const environment: Record<string, unknown> = {};
  for (const option of options) {
    const text = env[envFromKey(option.key)];
    if (text !== undefined) environment[option.key] = valueFromText(option, text);
  }
  try {
    const file = configPath === undefined ? {} : await readConfigFile(configPath);
    const parsed = z.strictObject(schema.shape).safeParse({ ...file, ...environment, ...flags });
    return parsed.success
      ? { type: 'config', config: parsed.data as z.infer<Schema> }
      : fail(badValues(parsed.error));
  } catch (error) {
    return fail((error as Error).message);
  }
}

// `--flag=true` and `--flag=false` are what generated command lines write; parseArgs knows `--flag` and `--no-flag`.
function withoutBooleanValue(arg: string): string {
  return arg.replace(/^--([a-z-]+)=true$/, '--$1').replace(/^--([a-z-]+)=false$/, '--no-$1');
}
