import { ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { type Authenticate, credentialHeaders, MeshError, peerOfSocket, tenantHeader } from '@osum/mesh';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Metadata } from 'nice-grpc-common';
import { passedOn } from '../gateway-callers.js';
import type { RouterCallOptions } from '../understanding.js';

/** An HTTP request that is being answered. */
export interface HttpCall {
  /** Options of the calls to the router that answer it: they end with it. */
  readonly options: RouterCallOptions & { readonly signal: AbortSignal };
  /** Ends it: the calls to the router are cancelled for this reason. */
  abort(reason: MeshError): void;
}

/** Envoy's header for the time that it gives a request. */
const envoyTimeoutHeader = 'x-envoy-expected-rq-timeout-ms';

/** Options of {@link openHttpCall}. */
export interface HttpCallOptions {
  readonly tenant: string;
  readonly maxRequestMs: number;
  /** Its span, which the calls to the router belong to. */
  readonly span: Span;
}

/** The tenant of a request. Throws a MeshError if the caller is refused. */
export async function httpTenant(request: FastifyRequest, authenticate: Authenticate): Promise<string> {
  const metadata = Metadata();
  for (const name of [tenantHeader, ...Object.values(credentialHeaders)]) {
    const value = headerOf(request, name);
    if (value !== undefined) metadata.set(name, value);
  }
  const { socket } = request.raw;
  const from = `${socket.remoteAddress}:${socket.remotePort}`;
  const { tenant } = await authenticate({ metadata, peer: peerOfSocket(socket), from });
  return tenant;
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** A call that lasts until the HTTP client goes away, `maxRequestMs` pass, or the time that Envoy gives the request does. */
export function openHttpCall(
  request: FastifyRequest,
  reply: FastifyReply,
  { tenant, maxRequestMs, span }: HttpCallOptions,
): HttpCall {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (reply.raw.writableFinished) return;
    controller.abort(new MeshError('callerGone', 'The HTTP client went away.'));
  });
  return {
    options: {
      signal: controller.signal,
      deadlineEpochMs: Date.now() + Math.min(maxRequestMs, expectedMs(request)),
      tenant,
      metadata: passedOn((name) => headerOf(request, name)),
      trace: trace.setSpan(ROOT_CONTEXT, span),
    },
    abort: (reason) => controller.abort(reason),
  };
}

function expectedMs({ headers }: FastifyRequest): number {
  const value = Number(headers[envoyTimeoutHeader]);
  return value > 0 ? value : Number.POSITIVE_INFINITY;
}
