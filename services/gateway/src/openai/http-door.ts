import { setTimeout as sleep } from 'node:timers/promises';
import multipart from '@fastify/multipart';
import { type Authenticate, MeshError, type Telemetry, type Tls, traceFields } from '@osum/mesh';
import {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import type { Understanding } from '../understanding.js';
import { chatCompletions } from './chat-completions.js';
import { type HttpCall, httpTenant, openHttpCall } from './http-call.js';
import { createHttpMetrics } from './http-metrics.js';
import { createHttpServer } from './http-server.js';
import { httpSpan } from './http-span.js';
import { listModels, retrieveModel } from './models.js';
import { InvalidRequest, openAiErrorFrom, tooLarge } from './openai-error.js';
import { transcriptions } from './transcriptions.js';

/** Bounds and connections of the HTTP door. */
export interface HttpDoorOptions {
  /** `host:port`; port 0 picks a free one. */
  readonly listen: string;
  readonly understanding: Understanding;
  readonly telemetry: Telemetry;
  /** Largest recording, in bytes; base64 in JSON may be a third larger. */
  readonly maxAudioBytes: number;
  /** Longest time for one request. */
  readonly maxRequestMs: number;
  /** Who makes a request. */
  readonly authenticate: Authenticate;
  /** Null for plaintext. */
  readonly tls: Tls | null;
  /** How long a drain waits for requests before it aborts them. */
  readonly drainGraceMs: number;
}

/** The HTTP door, listening. */
export interface HttpDoor {
  /** `host:port` it listens on. */
  readonly address: string;
  /** Ends it gracefully: new requests get 503, those under way are waited for, and after the grace they are aborted. */
  drain(): Promise<void>;
  /** Ends it at once. */
  abort(): Promise<void>;
}

/** What answers a request to one of the routes. */
export type Route = (
  request: FastifyRequest,
  reply: FastifyReply,
  call: HttpCall['options'],
) => Promise<unknown>;

const base64Growth = 4 / 3;
// Room for the fields around a recording.
const envelopeBytes = 64 * 1024;
// Time for connections to carry the last answers after the requests of a drain were aborted.
const abortFlushMs = 250;

/** Serves the OpenAI HTTP API over the router: models, audio transcriptions and chat completions about audio. */
export async function startHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const { listen, understanding, telemetry, maxAudioBytes, tls } = options;
  const server = fastify({
    loggerInstance: telemetry.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    return503OnClosing: false,
    serverFactory: (handler) => createHttpServer(tls, { requestTimeoutMs: options.maxRequestMs }, handler),
    bodyLimit: Math.ceil(maxAudioBytes * base64Growth) + envelopeBytes,
  });
  await server.register(multipart, { limits: { fileSize: maxAudioBytes, files: 1, fields: 32 } });

  const calls = new Map<FastifyRequest, HttpCall>();
  // Each names the trace of its request.
  const logs = new WeakMap<FastifyRequest, Telemetry['log']>();
  const measure = createHttpMetrics(telemetry);
  let draining = false;
  let onIdle: (() => void) | undefined;
  server.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      measure(request, reply);
      calls.delete(request);
      if (calls.size === 0) onIdle?.();
    });
    const span = httpSpan(request, reply, telemetry.tracer);
    logs.set(request, telemetry.log.child(traceFields(span)));
    if (draining) {
      reply.header('connection', 'close');
      throw new MeshError('draining', 'This instance of gateway is shutting down; another will answer.');
    }
    const tenant = await httpTenant(request, options.authenticate);
    calls.set(request, openHttpCall(request, reply, { ...options, tenant, span }));
  });
  server.setErrorHandler((error, request, reply) =>
    sendError(error, reply, logs.get(request) ?? telemetry.log, maxAudioBytes),
  );
  server.setNotFoundHandler((request) => {
    throw new InvalidRequest(`there is no ${request.method} ${request.url} here`, null, 404);
  });

  const route = (handle: Route) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { options: call } = calls.get(request)!;
    try {
      return await handle(request, reply, call);
    } catch (error) {
      throw call.signal.aborted ? call.signal.reason : error;
    }
  };
  server.get('/v1/models', route(listModels(understanding)));
  server.get('/v1/models/:model', route(retrieveModel(understanding)));
  server.post('/v1/audio/transcriptions', route(transcriptions(understanding)));
  server.post('/v1/chat/completions', route(chatCompletions(understanding, maxAudioBytes)));

  const { host, port } = hostAndPort(listen);
  const url = await server.listen({ host, port });
  const abort = async () => {
    server.server.closeAllConnections();
    await server.close();
  };
  return {
    address: `${listen.slice(0, listen.lastIndexOf(':'))}:${new URL(url).port}`,
    abort,
    async drain() {
      draining = true;
      const idle = new Promise<true>((resolve) => {
        onIdle = () => resolve(true);
        if (calls.size === 0) onIdle();
      });
      const graceOver = new AbortController();
      const grace = sleep(options.drainGraceMs, false, { signal: graceOver.signal }).catch(() => false);
      const ended = await Promise.race([idle, grace]);
      graceOver.abort();
      if (!ended) {
        const reason = new MeshError(
          'draining',
          'This instance of gateway shut down before the request was over.',
        );
        for (const call of calls.values()) call.abort(reason);
        await Promise.race([idle, sleep(abortFlushMs)]);
      }
      await abort();
    },
  };
}

function sendError(
  error: unknown,
  reply: FastifyReply,
  log: Telemetry['log'],
  maxAudioBytes: number,
): FastifyReply {
  const { httpStatus, pushbackMs, body } = openAiErrorFrom(withLimit(error, maxAudioBytes));
  const { code } = body.error;
  // The message of a refusal may quote the request, so it is not logged.
  if (httpStatus === 500) log.error({ err: error, httpStatus, code }, 'HTTP request failed inside');
  else log.info({ httpStatus, code }, 'HTTP request refused');
  if (httpStatus === 401) reply.header('www-authenticate', 'Bearer');
  if (pushbackMs !== undefined && pushbackMs < 0) reply.header('x-should-retry', 'false');
  if (pushbackMs !== undefined && pushbackMs >= 0) {
    reply.header('retry-after', Math.ceil(pushbackMs / 1000)).header('retry-after-ms', pushbackMs);
  }
  return reply.status(httpStatus).send(body);
}

/** The HTTP library's refusals of large bodies do not say how large a body may be. */
function withLimit(error: unknown, maxAudioBytes: number): unknown {
  const { code } = error as { code?: unknown };
  const isTooLarge = code === 'FST_REQ_FILE_TOO_LARGE' || code === 'FST_ERR_CTP_BODY_TOO_LARGE';
  return isTooLarge ? tooLarge(maxAudioBytes) : error;
}

function hostAndPort(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
}
