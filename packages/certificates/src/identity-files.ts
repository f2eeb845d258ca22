import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from './authority.js';

/** Where an identity was written. */
export interface IdentityFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

/**
 * Writes `NAME.pem` and `NAME.key` into a folder, which is made if it is not there; the key is readable by its owner only. Each file is
 * replaced at once, so that nobody reads half of one.
 */
export async function writeIdentity(
  folder: string,
  name: string,
  identity: Identity,
): Promise<IdentityFiles> {
  const files = { certificate: join(folder, `${name}.pem`), privateKey: join(folder, `${name}.key`) };
  await mkdir(folder, { recursive: true });
  await replace(files.privateKey, identity.privateKey, 0o600);
  await replace(files.certificate, identity.certificate, 0o644);
  return files;
}

/** Writes the certificate of an authority as `NAME.pem` into a folder, and returns its path. */
export async function writeAuthority(folder: string, name: string, certificate: string): Promise<string> {
  const path = join(folder, `${name}.pem`);
  await mkdir(folder, { recursive: true });
  await replace(path, certificate, 0o644);
  return path;
}

async function replace(path: string, text: string, mode: number): Promise<void> {
  const next = `${path}.next`;
  await writeFile(next, text, { mode });
  await rename(next, path);
}
