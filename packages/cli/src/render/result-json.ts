import { type JsonObject, toJson } from '@bufbuild/protobuf';
import { type Result, ResultSchema } from '@osum/proto';

/** A result in the proto's JSON mapping. `warnings` is always there, so that a reader need not ask whether it is. */
export function resultJson(result: Result): JsonObject {
  return { warnings: [], ...(toJson(ResultSchema, result) as JsonObject) };
}
