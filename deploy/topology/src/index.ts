export { envoyConfig } from './envoy/envoy-config.js';
export { type EnvoyOptions, envoyOptionsSchema } from './envoy/envoy-options.js';
export { type EnvoyAdmin, type EnvoyHost, envoyAdmin } from './local/envoy-admin.js';
export { type EnvoyProcess, envoyBinary, startEnvoy } from './local/envoy-process.js';
export { freePorts } from './local/free-ports.js';
export { type LocalMesh, type LocalMeshOptions, startLocalMesh } from './local/local-mesh.js';
export { spawnOwned } from './local/owned-child.js';
export { type ServiceProcess, startService } from './local/service-process.js';
export { type StageName, stageNames } from './mesh/stages.js';
