import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { apiKeyHash, newApiKey } from './api-keys.js';
import { readTenants } from './tenants-file.js';

/** What a new key is listed as. */
export interface KeyRequest {
  readonly tenant: string;
  /** Name of the key in logs. Default: the tenant and the day. */
  readonly id?: string | undefined;
  /** When it stops to be valid, in ISO 8601 with a time zone. Default: never. */
  readonly expires?: string | undefined;
}

/**
 * Makes an API key, and lists its hash in a file of tenants; the file and the tenant are made if they are not there. What else is in the
 * file, comments included, stays. Resolves to the key, which is kept nowhere.
 *
 * @throws Error with a sentence if the file would be one that a router refuses.
 */
export async function addApiKey(path: string, { tenant, id, expires }: KeyRequest): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new Error(`cannot read the tenants ${path}: ${error.message}`);
  });
  const document = parseDocument(text === '' ? 'tenants: {}' : text);
  const [problem] = document.errors;
  if (problem) throw new Error(`the tenants ${path} are neither JSON nor YAML: ${problem.message}`);
  const key = newApiKey();
  const keys = ['tenants', tenant, 'keys'];
  const entry = {
    id: id ?? `${tenant}-${new Date().toISOString().slice(0, 10)}`,
    sha256: apiKeyHash(key),
    ...(expires !== undefined && { expires }),
  };
  if (document.hasIn(keys)) document.addIn(keys, document.createNode(entry));
  else document.setIn(keys, document.createNode([entry]));
  await replace(path, document.toString());
  return key;
}

/** Puts text in the place of a file at once, if a router would take it. */
async function replace(path: string, text: string): Promise<void> {
  const next = `${path}.next`;
  await writeFile(next, text);
  try {
    await readTenants(next);
  } catch (error) {
    await rm(next);
    throw error;
  }
  await rename(next, path);
}
