import multipart from '@fastify/multipart';
import type { Telemetry } from '@osum/mesh';
import { type FastifyBaseLogger, type FastifyInstance, fastify } from 'fastify';
import type { Understanding } from '../understanding.js';
import { callOptionsOf } from './call-options.js';
import { chatCompletions } from './chat-completions.js';
import { invalidRequest, openAiErrorFrom } from './openai-error.js';
import { transcriptions } from './transcriptions.js';

/** Bounds and connections of the HTTP door. */
export interface OpenAiServerOptions {
  understanding: Understanding;
  telemetry: Telemetry;
  /** Largest recording, in bytes; base64 in JSON may be a third larger. */
  maxAudioBytes: number;
}

/** The OpenAI HTTP API over the router: models, audio transcriptions and chat completions about audio. Not yet listening. */
export async function createOpenAiServer(options: OpenAiServerOptions): Promise<FastifyInstance> {
  const { understanding, telemetry, maxAudioBytes } = options;
  const base64Growth = 4 / 3;
  const server = fastify({
    loggerInstance: telemetry.log as FastifyBaseLogger,
    disableRequestLogging: true,
    bodyLimit: Math.ceil(maxAudioBytes * base64Growth) + 65_536,
  });
  await server.register(multipart, { limits: { fileSize: maxAudioBytes, files: 1, fields: 32 } });

  server.setErrorHandler((error, _request, reply) => {
    const httpStatus = (error as { statusCode?: number }).statusCode;
    const answer =
      httpStatus !== undefined && httpStatus < 500
        ? { ...invalidRequest((error as Error).message), httpStatus }
        : openAiErrorFrom(error);
    if (answer.httpStatus >= 500) telemetry.log.error({ err: error }, 'HTTP request failed');
    if (answer.retryAfterSeconds !== undefined) reply.header('retry-after', answer.retryAfterSeconds);
    return reply.status(answer.httpStatus).send(answer.body);
  });
  server.setNotFoundHandler((request, reply) => {
    const { body } = invalidRequest(`there is no ${request.method} ${request.url} here`);
    return reply.status(404).send(body);
  });

  server.get('/v1/models', async (request, reply) => {
    const { model } = await understanding.describe(callOptionsOf(request, reply));
    return { object: 'list', data: [{ id: model, object: 'model', created: 0, owned_by: 'osum-mesh' }] };
  });
  server.post('/v1/audio/transcriptions', (request, reply) => transcriptions(understanding, request, reply));
  server.post('/v1/chat/completions', (request, reply) => chatCompletions(understanding, request, reply));
  return server;
}
