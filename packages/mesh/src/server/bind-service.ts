import type { DescService } from '@bufbuild/protobuf';
import type { GenService, GenServiceMethods } from '@bufbuild/protobuf/codegenv2';
import { type ServiceDefinition, serviceDefinition } from '@osum/proto';
import type { ServiceImplementation } from 'nice-grpc';
import type { MeshContext } from './mesh-context.js';

/** Handlers of all methods of a generated service. */
export type ServiceHandlers<M extends GenServiceMethods> = ServiceImplementation<
  ServiceDefinition<M>,
  MeshContext
>;

/** A service with its handlers, ready to be served. */
export interface BoundService {
  readonly desc: DescService;
  // The pair is typed by bindService; a list of services has no common type.
  readonly definition: ServiceDefinition<GenServiceMethods>;
  readonly handlers: Record<string, unknown>;
}

/** Pairs a generated service with its handlers. Unary and client-streaming handlers return promises, the others are async generators. */
export function bindService<M extends GenServiceMethods>(
  service: GenService<M>,
  handlers: ServiceHandlers<M>,
): BoundService {
  return {
    desc: service as unknown as DescService,
    definition: serviceDefinition(service) as unknown as ServiceDefinition<GenServiceMethods>,
    handlers: handlers as Record<string, unknown>,
  };
}
