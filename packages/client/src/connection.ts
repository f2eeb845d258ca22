import { ChannelCredentials } from '@grpc/grpc-js';
import { type Channel, type ClientFactory, createChannel, createClientFactory } from 'nice-grpc';
import { type CallMaker, createCallMaker } from './call-maker.js';
import type { CredentialOptions } from './credentials.js';
import { defaultRetry, type RetryOptions, retryChannelOptions } from './retry-policy.js';
import { traceMiddleware } from './trace-middleware.js';

/** How to reach a mesh or one of its stages. */
export interface ConnectionOptions extends CredentialOptions {
  /** `host:port`. */
  address: string;
  /** Name of the tenant for fair sharing. Default: the server's "default". */
  tenant?: string;
  /** Model package wanted. Default: the one served there. */
  model?: string;
  /** Repetition of calls that were refused before any answer. */
  retry?: Partial<RetryOptions>;
}

/** What all calls of a client share. */
export interface Connection {
  readonly channel: Channel;
  readonly clients: ClientFactory;
  readonly calls: CallMaker;
  readonly model: string;
}

/** Opens a connection; nothing is sent before the first call. Throws if a key or token would travel over a network in plaintext. */
export function createConnection(options: ConnectionOptions): Connection {
  const calls = createCallMaker(options);
  const credentials = options.credentials ?? ChannelCredentials.createInsecure();
  const retry = { ...defaultRetry, ...options.retry };
  return {
    channel: createChannel(options.address, credentials, retryChannelOptions(retry)),
    clients: createClientFactory().use(traceMiddleware(options.address)),
    calls,
    model: options.model ?? '',
  };
}
