import { stageNames } from '../mesh/stages.js';
import type { Bootstrap } from './api/bootstrap.js';
import { doorListener } from './door-listener.js';
import type { EnvoyOptions } from './envoy-options.js';
import { meshListener } from './mesh-listener.js';
import { socketAddress } from './socket-address.js';
import { stageCluster } from './stage-cluster.js';
import { tracingClusters } from './tracing.js';

/** The configuration of an Envoy in front of the routers, and between the stages. */
export function envoyConfig(options: EnvoyOptions): Bootstrap {
  return {
    node: { id: 'osum-envoy', cluster: 'osum-mesh' },
    admin: { address: socketAddress(options.adminListen) },
    static_resources: {
      listeners: [doorListener(options), meshListener(options)],
      clusters: [...stageNames.map((stage) => stageCluster(stage, options)), ...tracingClusters(options)],
    },
    overload_manager: {
      resource_monitors: [
        {
          name: 'envoy.resource_monitors.global_downstream_max_connections',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
            max_active_downstream_connections: options.maxDownstreamConnections,
          },
        },
      ],
    },
  };
}
