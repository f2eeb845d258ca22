import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { GenService, GenServiceMethods } from '@bufbuild/protobuf/codegenv2';
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt';

type RequestStreams = { unary: false; server_streaming: false; client_streaming: true; bidi_streaming: true };
type ResponseStreams = {
  unary: false;
  server_streaming: true;
  client_streaming: false;
  bidi_streaming: true;
};
type Kind = keyof RequestStreams;

/**
 * One gRPC method as nice-grpc takes it. Messages may be given as plain initialisers and arrive as full messages, on both sides.
 */
export interface MethodDefinition<I extends DescMessage, O extends DescMessage, K extends Kind> {
  /** `/package.Service/Method`. */
  path: string;
  requestStream: RequestStreams[K];
  responseStream: ResponseStreams[K];
  requestSerialize(value: MessageInitShape<I>): Uint8Array;
  requestDeserialize(bytes: Uint8Array): MessageShape<I>;
  responseSerialize(value: MessageInitShape<O>): Uint8Array;
  responseDeserialize(bytes: Uint8Array): MessageShape<O>;
  options: { idempotencyLevel?: 'IDEMPOTENT' | 'NO_SIDE_EFFECTS' };
}

/** All methods of a service, by their names in lower camel case. */
export type ServiceDefinition<M extends GenServiceMethods> = {
  [Name in keyof M]: MethodDefinition<M[Name]['input'], M[Name]['output'], M[Name]['methodKind']>;
};

/**
 * Bridges a service that protobuf-es generated to the method definitions that nice-grpc's servers and clients take.
 *
 * @example
 * const definition = serviceDefinition(SpeechEncoder);
 * server.add(definition, { encode });
 * const client = createClient(definition, channel);
 */
export function serviceDefinition<M extends GenServiceMethods>(service: GenService<M>): ServiceDefinition<M> {
  const methods = (service.methods as DescMethod[]).map((method) => [
    method.localName,
    methodDefinition(service.typeName, method),
  ]);
  return Object.fromEntries(methods) as ServiceDefinition<M>;
}

function methodDefinition(
  service: string,
  method: DescMethod,
): MethodDefinition<DescMessage, DescMessage, Kind> {
  const { input, output, methodKind, idempotency } = method;
  return {
    path: `/${service}/${method.name}`,
    requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    requestSerialize: (value) => toBinary(input, create(input, value)),
    requestDeserialize: (bytes) => fromBinary(input, bytes),
    responseSerialize: (value) => toBinary(output, create(output, value)),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
    options: idempotencyOptions(idempotency),
  };
}

function idempotencyOptions(
  level: IdempotencyLevel,
): MethodDefinition<DescMessage, DescMessage, Kind>['options'] {
  if (level === IdempotencyLevel.IDEMPOTENT) return { idempotencyLevel: 'IDEMPOTENT' };
  if (level === IdempotencyLevel.NO_SIDE_EFFECTS) return { idempotencyLevel: 'NO_SIDE_EFFECTS' };
  return {};
}
