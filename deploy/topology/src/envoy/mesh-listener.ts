import { stageNames } from '../mesh/stages.js';
import type { Listener } from './api/listener.js';
import type { EnvoyOptions } from './envoy-options.js';
import { grpcListener } from './http-connection.js';
import { healthRefusal, stageRoutes } from './routes.js';
import { meshTls } from './tls.js';

/** The listener under which stages reach each other: one address for all, the method tells the stage. */
export function meshListener(options: EnvoyOptions): Listener {
  const behind = stageNames.filter((stage) => stage !== 'router');
  return grpcListener(
    {
      name: 'mesh',
      listen: options.meshListen,
      codec: 'HTTP2',
      filters: [],
      tls: meshTls(options),
      virtualHost: { routes: [...behind.flatMap((stage) => stageRoutes(stage, options)), healthRefusal()] },
    },
    options,
  );
}
