import {
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import type { FastifyReply, FastifyRequest } from 'fastify';

const propagator = new W3CTraceContextPropagator();

/** Begins the span of an HTTP request, by OpenTelemetry's HTTP conventions, in the trace that its headers name. It ends with the answer. */
export function httpSpan(request: FastifyRequest, reply: FastifyReply, tracer: Tracer): Span {
  const { method, headers, protocol } = request;
  const route = request.routeOptions.url;
  const attributes = {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    [ATTR_URL_SCHEME]: protocol,
    // The path of no route may be any text.
    ...(route === undefined
      ? {}
      : { [ATTR_HTTP_ROUTE]: route, [ATTR_URL_PATH]: request.url.replace(/\?.*$/, '') }),
  };
  const name = route === undefined ? method : `${method} ${route}`;
  const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
  reply.raw.once('close', () => {
    const { statusCode, writableFinished } = reply.raw;
    if (writableFinished) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode);
    if (!writableFinished || statusCode >= 500) {
      span.setAttribute(ATTR_ERROR_TYPE, writableFinished ? String(statusCode) : 'client_gone');
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  });
  return span;
}
