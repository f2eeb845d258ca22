import { readFileSync } from 'node:fs';
import { checkServerIdentity } from 'node:tls';
import { ChannelCredentials, type VerifyOptions } from '@grpc/grpc-js';
import type { CredentialOptions } from '@osum/client';
import { UsageError } from '../usage-error.js';

/** Options that prove to a mesh who asks, and check whom it is. */
export interface MeshCredentials {
  tlsCa?: string;
  tlsServerName?: string;
  tlsCert?: string;
  tlsKey?: string;
  apiKey?: string;
  token?: string;
}

/** The word for `--tls-ca` that means the authorities which this machine trusts. */
const systemAuthorities = 'system';

/** The same for the client. Throws a UsageError for options that do not go together. */
export function clientCredentials(options: MeshCredentials): CredentialOptions {
  const { tlsCa, tlsServerName, tlsCert, tlsKey, apiKey, token } = options;
  if (apiKey !== undefined && token !== undefined)
    throw new UsageError('give either --api-key or --token, not both');
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key go together');
  const secure = tlsCa !== undefined || tlsCert !== undefined;
  if (tlsServerName !== undefined && !secure)
    throw new UsageError('--tls-server-name needs --tls-ca: without it the mesh is called in plaintext');
  return {
    ...(secure && {
      credentials: ChannelCredentials.createSsl(
        tlsCa === undefined || tlsCa === systemAuthorities ? null : readFileSync(tlsCa),
        tlsKey === undefined ? null : readFileSync(tlsKey),
        tlsCert === undefined ? null : readFileSync(tlsCert),
        tlsServerName === undefined ? {} : certificateOf(tlsServerName),
      ),
    }),
    ...(apiKey !== undefined && { apiKey }),
    ...(token !== undefined && { token }),
  };
}

function certificateOf(host: string): VerifyOptions {
  return { checkServerIdentity: (_called, certificate) => checkServerIdentity(host, certificate) };
}
