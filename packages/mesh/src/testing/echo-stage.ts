import type { ChannelCredentials } from '@grpc/grpc-js';
import { SpeechEncoder, speechEncoderDefinition } from '@osum/proto';
import { Metadata } from 'nice-grpc-common';
import { type Channels, createChannels, type MeshClient } from '../client/channels.js';
import type { RetryOptions } from '../client/retry-middleware.js';
import { bindService } from '../server/bind-service.js';
import { type RunningServer, type ServerOptions, startServer } from '../server/server.js';
import { createTelemetry } from '../telemetry/telemetry.js';

export const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });

/** A server that answers each message of Encode with a report whose instance is the tenant of the call. */
export function startEchoStage(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const services = [
    bindService(SpeechEncoder, {
      async *encode(requests, { tenant }) {
        for await (const _ of requests)
          yield { response: { case: 'report', value: { stages: [{ instance: tenant }] } } };
      },
    }),
  ];
  return startServer({ stage: 'encoder', listen: '127.0.0.1:0', telemetry, services, ...options });
}

/** Options of a call. */
export interface EchoOptions {
  tenant?: string;
  headers?: Record<string, string>;
  retry?: RetryOptions;
}

/** A client of an echo stage, over a channel of its own. */
export interface EchoClient {
  readonly address: string;
  readonly client: MeshClient<typeof speechEncoderDefinition>;
  readonly channels: Channels;
  /** Calls once; resolves to the tenant that the server saw. */
  call(options?: EchoOptions): Promise<string>;
  close(): void;
}

const timeoutMs = 10_000;

export function echoClient(address: string, credentials?: ChannelCredentials): EchoClient {
  const channels = createChannels({ telemetry, credentials });
  const client = channels.client(speechEncoderDefinition, address);
  return {
    address,
    client,
    channels,
    async call({ tenant, headers = {}, retry = { maxAttempts: 1 } } = {}) {
      const options = {
        timeoutMs,
        retry,
        ...(tenant !== undefined && { tenant }),
        metadata: Metadata(headers),
      };
      const tenants: string[] = [];
      for await (const { response } of client.encode(once(), options)) {
        if (response.case === 'report') tenants.push(response.value.stages[0]?.instance ?? '');
      }
      return tenants.join();
    },
    close: () => channels.close(),
  };
}

async function* once() {
  yield { request: { case: 'config' as const, value: {} } };
}
