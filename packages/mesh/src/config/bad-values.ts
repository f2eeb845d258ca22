import type { z } from 'zod';
import { flagFromKey } from './option.js';

/** All that is wrong with a configuration, one sentence each. */
export function badValues(error: z.ZodError): string {
  return error.issues.map(sentence).join('; ');
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown ${issue.keys.map((key) => `\`${key}\``).join(', ')}`;
  const [key, ...rest] = issue.path;
  const where = rest.length > 0 ? ` (${rest.join('.')})` : '';
  const missing =
    issue.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined');
  return missing
    ? `--${flagFromKey(String(key))} is required`
    : `--${flagFromKey(String(key))}${where}: ${issue.message}`;
}
