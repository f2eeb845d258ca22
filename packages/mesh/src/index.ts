export {
  type ExpectedTensor,
  elementBytes,
  elementCount,
  f32Tensor,
  f32Values,
  maxChunkBytes,
  type ReceivedTensor,
  type TensorFrameInit,
  tensorFrames,
  tensorInfo,
  type WireTensor,
} from '@osum/tensor';
export type { MeshCallOptions } from './client/call-options.js';
export { outgoing } from './client/call-options.js';
export { type Channels, type ChannelsOptions, createChannels, type MeshClient } from './client/channels.js';
export type { RetryOptions } from './client/retry-middleware.js';
export {
  createStagePool,
  type InstanceState,
  type PickedInstance,
  type StagePool,
  type StagePoolOptions,
} from './client/stage-pool.js';
export { watchHealth } from './client/watch-health.js';
export { type ConfigOutcome, type ConfigRequest, loadConfig } from './config/load-config.js';
export { envFromKey } from './config/option.js';
export { addressSchema, listenConfigShape, serviceConfigShape } from './config/service-config.js';
export { abortable, abortablePromise, sleep } from './deadline/abortable.js';
export { remainingMs } from './deadline/deadline.js';
export { type LinkedSignal, linkSignals } from './deadline/linked-signal.js';
export { type Pace, paced } from './deadline/paced.js';
export { createHealthRegistry, type HealthRegistry } from './health/health-registry.js';
export {
  type BatchCaller,
  type Batched,
  type BatchQueue,
  type BatchQueueOptions,
  createBatchQueue,
  type QueueStats,
} from './queue/batch-queue.js';
export { FairLine, type LineBounds, type Waiting } from './queue/fair-line.js';
export { TenantClock } from './queue/tenant-clock.js';
export { type AddressList, addressPatternSchema, createAddressList } from './security/address-list.js';
export {
  type Authenticate,
  type CallEvidence,
  type Caller,
  callerByHeader,
  callerOfTenant,
  isTrusted,
} from './security/authenticate.js';
export { type Followed, type FollowOptions, follow } from './security/followed.js';
export { isLoopback, loopbackPatterns } from './security/loopback.js';
export { openTls, type Tls } from './security/open-tls.js';
export { type Peer, peerOfSocket } from './security/peer.js';
export { handshakeTimeoutMs, secureContext } from './security/secure-context.js';
export {
  noSecurity,
  openStageSecurity,
  type Security,
  type ServerSecurity,
} from './security/stage-security.js';
export { credentialHeaders, defaultTenant, tenantHeader } from './security/tenant-header.js';
export { type DoorConfig, doorConfigShape, type TlsConfig } from './security/tls-config.js';
export { type BoundService, bindService, type ServiceHandlers } from './server/bind-service.js';
export type { MeshContext } from './server/mesh-context.js';
export { type RunningServer, type ServerOptions, startServer } from './server/server.js';
export type { ServerLimits } from './server/server-limits.js';
export { badField, type FieldViolation, MeshError, type MeshErrorDetails } from './status/mesh-error.js';
export { RemoteError } from './status/remote-error.js';
export type { ErrorMapper } from './status/server-status.js';
export { statusHeaders } from './status/status-headers.js';
export { type StatusEntry, type StatusKind, statusTable } from './status/status-table.js';
export { annotate, childSpan, inSpan, markFailed } from './telemetry/child-span.js';
export { counter, gauge, histogram } from './telemetry/metrics.js';
export {
  type OperationsEndpoint,
  type OperationsEndpointOptions,
  startOperationsEndpoint,
} from './telemetry/operations-endpoint.js';
export { spanAttributes } from './telemetry/span-attributes.js';
export {
  createTelemetry,
  openTelemetry,
  type ProcessTelemetry,
  type Telemetry,
  type TelemetryOptions,
} from './telemetry/telemetry.js';
export { type TelemetryConfig, telemetryConfigShape } from './telemetry/telemetry-config.js';
export { traceFields } from './telemetry/trace-fields.js';
export { openStream } from './tensor/open-stream.js';
export { readTensor } from './tensor/read-tensor.js';
