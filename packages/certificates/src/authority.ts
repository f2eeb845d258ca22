// @peculiar/x509 needs it to be loaded first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its private key, as PEM. */
export interface Identity {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What a certificate says of its holder, and for how long. */
export interface IdentityRequest {
  /** SPIFFE identity, such as `spiffe://mesh.example/encoder`. */
  readonly spiffeId?: string;
  /** Names and addresses under which it is called, for clients that check those. */
  readonly hosts?: readonly string[];
  /** Default: an hour ago, so that clocks may differ. */
  readonly validFrom?: Date;
  /** Default: a day from now. */
  readonly validUntil?: Date;
}

/** A certificate authority whose key lives in this process only. */
export interface Authority {
  /** Its certificate, as PEM: what others trust. */
  readonly certificate: string;
  /** Issues a certificate for a server and client in one. */
  issue(request: IdentityRequest): Promise<Identity>;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const authorityDays = 3650;
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };

/** Makes an authority, valid for ten years. For development and tests: its key is nowhere kept, so it issues until the process ends. */
export async function createAuthority(name = 'osum-mesh development'): Promise<Authority> {
  const keys = await newKeys();
  const subject = `CN=${name}`;
  const own = await X509CertificateGenerator.createSelfSigned({
    name: subject,
    keys,
    signingAlgorithm,
    notBefore: new Date(Date.now() - hourMs),
    notAfter: new Date(Date.now() + authorityDays * dayMs),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    certificate: own.toString('pem'),
    async issue({ spiffeId, hosts = [], validFrom, validUntil }) {
      const holder = await newKeys();
      const names = [
        ...(spiffeId === undefined ? [] : [{ type: 'url' as const, value: spiffeId }]),
        ...hosts.map((host) => ({
          type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
          value: host,
        })),
      ];
      const issued = await X509CertificateGenerator.create({
        subject: `CN=${hosts[0] ?? 'osum-mesh'}`,
        issuer: subject,
        publicKey: holder.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm,
        notBefore: validFrom ?? new Date(Date.now() - hourMs),
        notAfter: validUntil ?? new Date(Date.now() + dayMs),
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          await AuthorityKeyIdentifierExtension.create(keys.publicKey),
          ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
        ],
      });
      return { certificate: issued.toString('pem'), privateKey: await pemOf(holder.privateKey) };
    },
  };
}

function newKeys() {
  return webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
