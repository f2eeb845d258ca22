import type { StageName } from './stage-schemas.js';

const always = ['package', 'listen', 'http', 'advertise', 'operations', 'device', 'admin', 'otlpEndpoint'];
const topology = ['router', 'features', 'encoders', 'adapters', 'decoders'];
const secrets = ['tlsCert', 'tlsKey', 'tlsCa', 'tlsPeers', 'tlsServers', 'doorCert', 'doorKey', 'tenants'];

/** Whether the chart sets a key of a service's configuration itself, from the release and its secrets. */
export function isChartKey(stage: StageName, key: string): boolean {
  if (stage === 'adapter' && key === 'forwardAddresses') return true;
  return [...always, ...topology, ...secrets].includes(key);
}
