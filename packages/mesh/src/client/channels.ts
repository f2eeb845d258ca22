import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import {
  type Channel,
  type Client,
  type CompatServiceDefinition,
  createChannel,
  createClientFactory,
} from 'nice-grpc';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { MeshCallOptions } from './call-options.js';
import { createCallTelemetry } from './call-telemetry-middleware.js';
import { connectionMiddleware } from './connection-middleware.js';
import { deadlineMiddleware } from './deadline-middleware.js';
import { IdleLimit } from './idle-limit.js';
import { propagationMiddleware } from './propagation-middleware.js';
import { remoteErrorMiddleware } from './remote-error-middleware.js';
import { retryMiddleware } from './retry-middleware.js';
import { createRetryThrottle } from './retry-throttle.js';

/** A nice-grpc client that takes {@link MeshCallOptions} and throws RemoteError. */
export type MeshClient<Definition extends CompatServiceDefinition> = Client<Definition, MeshCallOptions>;

/** Connections to other services, one channel an address. */
export interface Channels {
  /** A client for a service at `host:port`, for addresses of the configuration: its channel is kept. Connects at the first call. */
  client<Definition extends CompatServiceDefinition>(
    definition: Definition,
    address: string,
  ): MeshClient<Definition>;
  /**
   * Lets `work` call a service at an address that came with a request. Of such channels, those in use and the latest `maxVisited` are
   * kept. Whether the address may be called is for the caller to check, see `createAddressList`.
   */
  visit<Definition extends CompatServiceDefinition, T>(
    definition: Definition,
    address: string,
    work: (client: MeshClient<Definition>) => Promise<T>,
  ): Promise<T>;
  /** Closes the channel of an address that `client` was asked for and that is not called any more. */
  release(address: string): void;
  /** Closes all channels; calls under way fail with UNAVAILABLE. */
  close(): void;
}

/** Options of {@link createChannels}. */
export interface ChannelsOptions {
  telemetry: Telemetry;
  /** Default: plaintext. */
  credentials?: ChannelCredentials | undefined;
  /** Channels of visits that are kept while nobody uses them. Default 256. */
  maxVisited?: number;
}

const channelOptions: ChannelOptions = {
  // A name with several addresses is balanced per call.
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  // Nobody publishes service configurations for these names; looking for one delays the first call.
  'grpc.service_config_disable_resolution': 1,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // Tensors of a megabyte would wait for a window update every 64 KiB otherwise.
  'grpc-node.flow_control_window': 1 << 20,
  'grpc.initial_reconnect_backoff_ms': 100,
  // A stage that was started before the one that it calls would otherwise refuse calls for seconds after that one is there.
  'grpc.max_reconnect_backoff_ms': 1_000,
};

interface Connection {
  readonly channel: Channel;
  readonly clients: Map<CompatServiceDefinition, unknown>;
}

const defaultMaxVisited = 256;

/** See {@link Channels}. */
export function createChannels({
  telemetry,
  credentials,
  maxVisited = defaultMaxVisited,
}: ChannelsOptions): Channels {
  const connections = new Map<string, Connection>();
  const visited = new IdleLimit<Connection>(maxVisited, ({ channel }) => channel.close());
  const throttle = createRetryThrottle();
  const callTelemetry = createCallTelemetry(telemetry);

  const connect = (address: string): Connection => ({
    channel: createChannel(address, credentials, channelOptions),
    clients: new Map(),
  });

  const clientOf = <Definition extends CompatServiceDefinition>(
    { channel, clients }: Connection,
    definition: Definition,
    address: string,
  ): MeshClient<Definition> => {
    let client = clients.get(definition) as MeshClient<Definition> | undefined;
    if (client === undefined) {
      client = createClientFactory()
        .use(remoteErrorMiddleware(credentials?._isSecure() ?? false))
        .use(connectionMiddleware(channel))
        .use(propagationMiddleware)
        .use(retryMiddleware(throttle))
        .use(callTelemetry(address))
        .use(deadlineMiddleware)
        .create(definition, channel);
      clients.set(definition, client);
    }
    return client;
  };

  return {
    client(definition, address) {
      let connection = connections.get(address);
      if (connection === undefined) {
        connection = connect(address);
        connections.set(address, connection);
      }
      return clientOf(connection, definition, address);
    },
    async visit(definition, address, work) {
      const kept = connections.get(address);
      if (kept !== undefined) return work(clientOf(kept, definition, address));
      return visited.use(
        address,
        () => connect(address),
        (connection) => work(clientOf(connection, definition, address)),
      );
    },
    release(address) {
      connections.get(address)?.channel.close();
      connections.delete(address);
    },
    close() {
      for (const { channel } of connections.values()) channel.close();
      connections.clear();
      visited.clear();
    },
  };
}
