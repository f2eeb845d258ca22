export { type GatewayConfig, gatewayConfigSchema } from './gateway-config.js';
export { type RunningGateway, serveGateway } from './serve-gateway.js';
