import { type Attributes, type Context, type Span, type Tracer, trace } from '@opentelemetry/api';

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

/** Adds attributes to the span of the call; does nothing if there is none. */
export function annotate({ trace: context }: Pick<Traced, 'trace'>, attributes: Attributes): void {
  trace.getSpan(context)?.setAttributes(attributes);
}
