import {
  type Attributes,
  type Context,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, ERROR_TYPE_VALUE_OTHER } from '@opentelemetry/semantic-conventions';
import { statusName } from './call-span.js';

/** What a span within a call needs of its call. */
interface Traced {
  readonly trace: Context;
  readonly tracer: Tracer;
}

/** Begins a span within a call, and gives the call's context with it as the parent of what follows. The caller ends it. */
export function childSpan<Call extends Traced>(
  context: Call,
  name: string,
  attributes: Attributes = {},
): { readonly span: Span; readonly context: Call } {
  const span = context.tracer.startSpan(name, { attributes }, context.trace);
  return { span, context: { ...context, trace: trace.setSpan(context.trace, span) } };
}

/** Does work in a span within a call. If the work fails, the span says with which status, not with which message. */
export async function inSpan<Call extends Traced, T>(
  call: Call,
  name: string,
  attributes: Attributes,
  work: (context: Call, span: Span) => Promise<T>,
): Promise<T> {
  const { span, context } = childSpan(call, name, attributes);
  try {
    return await work(context, span);
  } catch (error) {
    markFailed(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Marks a span as failed, with the gRPC status of the error if it has one. */
export function markFailed(span: Span, error: unknown): void {
  const { code } = error as { code?: unknown };
  span.setAttribute(ATTR_ERROR_TYPE, typeof code === 'number' ? statusName(code) : ERROR_TYPE_VALUE_OTHER);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Adds attributes to the span of the call; does nothing if there is none. */
export function annotate({ trace: context }: Pick<Traced, 'trace'>, attributes: Attributes): void {
  trace.getSpan(context)?.setAttributes(attributes);
}
