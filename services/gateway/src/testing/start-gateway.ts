import { createTelemetry, type Telemetry } from '@osum/mesh';
import { type GatewayConfig, gatewayConfigSchema } from '../gateway-config.js';
import { type RunningGateway, serveGateway } from '../serve-gateway.js';

/** A gateway on free ports. */
export function startGateway(
  router: string,
  config: Partial<GatewayConfig> = {},
  telemetry: Telemetry = createTelemetry({ name: 'gateway', logLevel: 'silent' }),
): Promise<RunningGateway> {
  const options = { router, listen: '127.0.0.1:0', http: '127.0.0.1:0', ...config };
  return serveGateway(gatewayConfigSchema.parse(options), { telemetry });
}
