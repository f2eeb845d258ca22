import { type JsonValue, toJson } from '@bufbuild/protobuf';
import { ResultSchema } from '@osum/proto';
import type { Answer } from '../understanding.js';

/** The typed result of each utterance in the contract's own JSON, for the field `osum` that this door adds to OpenAI's answers. */
export function typedResults({ utterances }: Answer): JsonValue[] {
  return utterances.flatMap(({ result }) => (result ? [toJson(ResultSchema, result)] : []));
}
