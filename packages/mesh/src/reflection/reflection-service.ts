import type { DescService, MessageInitShape } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { reflectionV1, reflectionV1alpha } from '@osum/proto';
import { type BoundService, bindService } from '../server/bind-service.js';
import { createDescriptorIndex, type DescriptorIndex } from './descriptor-index.js';

type Request = reflectionV1.ServerReflectionRequest['messageRequest'];
type Response = NonNullable<
  MessageInitShape<typeof reflectionV1.ServerReflectionResponseSchema>['messageResponse']
>;

/** Server reflection over `services`, as `grpc.reflection.v1` and as `v1alpha`, which many tools still ask for. */
export function reflectionServices(services: readonly DescService[]): BoundService[] {
  const own = [reflectionV1.ServerReflection, reflectionV1alpha.ServerReflection] as unknown as DescService[];
  const index = createDescriptorIndex([...services, ...own]);
  // Both versions have the same messages under two names.
  async function* serverReflectionInfo(requests: AsyncIterable<reflectionV1.ServerReflectionRequest>) {
    for await (const request of requests) {
      const { $typeName: _, $unknown: __, ...originalRequest } = request;
      yield {
        validHost: request.host,
        originalRequest,
        messageResponse: answer(request.messageRequest, index),
      };
    }
  }
  return [
    bindService(reflectionV1.ServerReflection, { serverReflectionInfo }),
    bindService(reflectionV1alpha.ServerReflection, { serverReflectionInfo: serverReflectionInfo as never }),
  ];
}

function answer(request: Request, index: DescriptorIndex): Response {
  switch (request.case) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: index.services.map((name) => ({ name })) } };
    case 'fileByFilename':
      return files(index.fileByName(request.value), request.value);
    case 'fileContainingSymbol':
      return files(index.fileBySymbol(request.value), request.value);
    case 'allExtensionNumbersOfType':
      return index.fileBySymbol(request.value)
        ? { case: 'allExtensionNumbersResponse', value: { baseTypeName: request.value } }
        : failure(status.NOT_FOUND, `nothing is known of "${request.value}"`);
    case 'fileContainingExtension':
      return failure(status.NOT_FOUND, `no extensions of "${request.value.containingType}"`);
    default:
      return failure(status.INVALID_ARGUMENT, 'expected one of the questions of ServerReflectionRequest');
  }
}

function files(fileDescriptorProto: Uint8Array[] | undefined, asked: string): Response {
  return fileDescriptorProto
    ? { case: 'fileDescriptorResponse', value: { fileDescriptorProto } }
    : failure(status.NOT_FOUND, `nothing is known of "${asked}"`);
}

function failure(errorCode: status, errorMessage: string): Response {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}
