import type { Cluster } from './cluster.js';
import type { Address, Typed } from './common.js';
import type { Listener } from './listener.js';

/** `envoy.config.bootstrap.v3.Bootstrap` */
export interface Bootstrap {
  node: { id: string; cluster: string };
  admin: { address: Address };
  static_resources: { listeners: Listener[]; clusters: Cluster[] };
  overload_manager: {
    resource_monitors: {
      name: 'envoy.resource_monitors.global_downstream_max_connections';
      typed_config: Typed<
        'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
        { max_active_downstream_connections: number }
      >;
    }[];
  };
}
