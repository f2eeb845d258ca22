import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';
import { type CallOptions, ClientError, type ClientMiddlewareCall, Metadata, Status } from 'nice-grpc-common';

// What a nice-grpc middleware yields and returns: streamed responses are yielded, a single one is returned.
// biome-ignore lint/suspicious/noConfusingVoidType: nice-grpc's own type of a streaming call's return value
type MiddlewareResponses<Response> = AsyncGenerator<Response, Response | void, undefined>;

const setter: TextMapSetter<Metadata> = { set: (metadata, key, value) => void metadata.set(key, value) };

/**
 * Client middleware: a span for each call, by the RPC conventions of OpenTelemetry, within whatever span the caller is in, and its trace
 * as headers. Without an OpenTelemetry SDK in the process it does nothing.
 */
export function traceMiddleware(address: string) {
  const colon = address.lastIndexOf(':');
  const server = {
    'server.address': address.slice(0, colon),
    'server.port': Number(address.slice(colon + 1)),
  };

  return async function* traced<Request, Response>(
    call: ClientMiddlewareCall<Request, Response>,
    options: CallOptions,
  ): MiddlewareResponses<Response> {
    const method = call.method.path.slice(1);
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method, ...server };
    const span = trace
      .getTracer('@osum/client')
      .startSpan(method, { kind: SpanKind.CLIENT, attributes }, context.active());
    const metadata = Metadata(options.metadata);
    propagation.inject(trace.setSpan(context.active(), span), metadata, setter);
    // Stays if the caller leaves the loop: the generator is then closed without an error.
    let code = Status.CANCELLED;
    try {
      const response = yield* call.next(call.request, { ...options, metadata });
      code = Status.OK;
      return response;
    } catch (error) {
      if (error instanceof ClientError) code = error.code;
      throw error;
    } finally {
      span.setAttribute('rpc.status_code', Status[code]);
      if (code !== Status.OK) {
        span.setAttribute('error.type', Status[code]);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    }
  };
}
