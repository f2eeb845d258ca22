import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

/** Files of a service's own certificate, and of the authorities that it trusts; all PEM. */
export interface KeyFiles {
  /** Certificate, with the intermediate ones after it. */
  readonly certificate: string;
  /** Private key of the certificate, unencrypted. */
  readonly privateKey: string;
  /** Certificates of the authorities whose certificates are accepted of others. */
  readonly authorities?: string | undefined;
}

/** What the files hold, checked. */
export interface KeyMaterial {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly authorities: Buffer | undefined;
  /** End of the validity of the certificate, in milliseconds since the epoch. */
  readonly validUntilMs: number;
}

/**
 * Reads a certificate, its key and its authorities.
 *
 * @throws Error with a sentence that names the file: it cannot be read or parsed, the key is of another certificate, the certificate
 *   is not valid now.
 */
export async function readKeyMaterial(files: KeyFiles): Promise<KeyMaterial> {
  const [certificate, privateKey, authorities] = await Promise.all([
    read(files.certificate),
    read(files.privateKey),
    files.authorities === undefined ? undefined : read(files.authorities),
  ]);
  const own = parsed(files.certificate, 'a PEM certificate', () => new X509Certificate(certificate));
  const key = parsed(files.privateKey, 'an unencrypted PEM private key', () => createPrivateKey(privateKey));
  if (!own.checkPrivateKey(key)) {
    throw new Error(`the key in ${files.privateKey} is not that of the certificate in ${files.certificate}`);
  }
  const [validFromMs, validUntilMs] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
  const nowMs = Date.now();
  if (nowMs < validFromMs || nowMs >= validUntilMs) {
    throw new Error(
      `the certificate in ${files.certificate} is valid from ${own.validFrom} to ${own.validTo}, which is not now; issue a new one`,
    );
  }
  if (files.authorities !== undefined) {
    parsed(files.authorities, 'PEM certificates of authorities', () => new X509Certificate(authorities!));
  }
  // What parses may still be refused by the TLS library: a key that is too short, a broken intermediate.
  parsed(files.certificate, 'a certificate chain that TLS takes', () =>
    createSecureContext({ cert: certificate, key: privateKey, ca: authorities }),
  );
  return { certificate, privateKey, authorities, validUntilMs };
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Error(`cannot read ${path}: ${(error as Error).message}`);
  }
}

function parsed<T>(path: string, expected: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(`${path}: expected ${expected}; it cannot be used: ${(error as Error).message}`);
  }
}
