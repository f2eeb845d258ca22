import { status } from '@grpc/grpc-js';
import { createServer, type Server } from 'nice-grpc';
import type { Authenticate } from '../security/authenticate.js';
import { type ErrorMapper, type OutgoingStatus, serverStatusMiddleware } from '../status/server-status.js';
import { statusTable } from '../status/status-table.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { callTelemetryMiddleware } from './call-telemetry.js';
import { type MeshContext, meshContextMiddleware } from './mesh-context.js';
import { checkedLimits, grpcServerOptions, type ServerLimits } from './server-limits.js';
import { unreadGuardMiddleware } from './unread-guard.js';

/** Options of {@link createKitServer}. */
export interface KitServerOptions {
  readonly telemetry: Telemetry;
  readonly limits: ServerLimits;
  readonly authenticate: Authenticate;
  /** Aborts when a drain runs out of time. */
  readonly drained: AbortSignal;
  readonly mapError?: ErrorMapper | undefined;
}

/** A server that gives its handlers a {@link MeshContext}, records its calls, and turns what handlers throw into statuses. */
export function createKitServer(options: KitServerOptions): Server<MeshContext> {
  const { telemetry, authenticate, drained, mapError } = options;
  const limits = checkedLimits(options.limits);
  return createServer(grpcServerOptions(limits))
    .use(meshContextMiddleware({ telemetry, drained, authenticate, ...limits }))
    .use(callTelemetryMiddleware(telemetry))
    .use(serverStatusMiddleware<MeshContext>(logFailure, mapError))
    .use(unreadGuardMiddleware(limits.maxUnreadMs));
}

// The message of a refusal may quote the request, so it is not logged.
function logFailure(
  error: unknown,
  { code, kind, violations }: OutgoingStatus,
  { log }: Pick<MeshContext, 'log'>,
): void {
  if (code === statusTable.internal.code) log.error({ kind, err: error }, 'call failed inside');
  else if (code === statusTable.callerGone.code) log.debug({ kind }, 'the caller left');
  else log.info({ code: status[code], kind, fields: violations.map(({ field }) => field) }, 'call refused');
}
