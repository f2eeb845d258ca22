import { type Context, ROOT_CONTEXT, type TextMapGetter, type TextMapSetter } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Metadata } from 'nice-grpc-common';

const propagator = new W3CTraceContextPropagator();

const getter: TextMapGetter<Metadata> = {
  keys: (metadata) => [...metadata].map(([key]) => key),
  get: (metadata, key) => metadata.get(key) as string | undefined,
};
const setter: TextMapSetter<Metadata> = { set: (metadata, key, value) => void metadata.set(key, value) };

/** The trace that a call belongs to, from its `traceparent` and `tracestate`. */
export function traceFromMetadata(metadata: Metadata): Context {
  return propagator.extract(ROOT_CONTEXT, metadata, getter);
}

/** Writes the trace into the metadata of a call. */
export function traceIntoMetadata(trace: Context, metadata: Metadata): void {
  propagator.inject(trace, metadata, setter);
}
