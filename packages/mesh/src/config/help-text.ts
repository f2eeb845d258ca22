import type { z } from 'zod';
import type { ConfigRequest } from './load-config.js';
import { type ConfigOption, envFromKey, flagFromKey } from './option.js';

/** The text of `--help`: every option with its unit, default and environment variable. */
export function helpText(
  { command, about }: ConfigRequest<z.ZodObject>,
  options: readonly ConfigOption[],
): string {
  const lines = [`Usage: ${command} [options]`, '', about, '', 'Options:'];
  for (const option of options) {
    lines.push(
      `  --${flagFromKey(option.key)}${placeholder(option)}`,
      `      ${option.description}`,
      `      ${facts(option)}`,
    );
  }
  lines.push(
    '  --config FILE',
    '      A JSON or YAML file with the same names in camelCase. Flags win over the environment, the environment over the file.',
    '      Environment: OSUM_CONFIG.',
    '  --help, -h',
    '      This text.',
  );
  return `${lines.join('\n')}\n`;
}

function placeholder({ isBoolean, isList, isNumber, choices }: ConfigOption): string {
  if (isBoolean) return '';
  if (choices) return ` ${choices.join('|')}`;
  if (isList) return ' A,B,...';
  return isNumber ? ' N' : ' TEXT';
}

function facts({ key, required, defaultValue }: ConfigOption): string {
  const environment = `Environment: ${envFromKey(key)}.`;
  if (required) return `Required. ${environment}`;
  if (defaultValue === undefined) return environment;
  const shown = Array.isArray(defaultValue) ? defaultValue.join(',') : String(defaultValue);
  return `Default: ${shown === '' ? 'none' : shown}. ${environment}`;
}
