import { badField } from '@osum/mesh';
import type { inference } from '@osum/proto';

/** Parameters by which Triton's extensions change what a tensor means; without them its contents would be misread. */
const tensorExtensions = ['shared_memory_region', 'classification'];
/** Parameters by which requests depend on each other. */
const requestExtensions = ['sequence_id', 'sequence_start', 'sequence_end'];

type Parameters = Readonly<Record<string, inference.InferParameter>>;

/** Refuses Triton's extensions that are not served here; hints, such as `priority`, have no effect. */
export function refuseExtensions({ parameters, inputs, outputs }: inference.ModelInferRequest): void {
  refuse(parameters, requestExtensions, 'parameters');
  for (const [index, input] of inputs.entries()) {
    refuse(input.parameters, tensorExtensions, `inputs[${index}].parameters`);
  }
  for (const [index, output] of outputs.entries()) {
    refuse(output.parameters, tensorExtensions, `outputs[${index}].parameters`);
  }
}

function refuse(parameters: Parameters, names: readonly string[], field: string): void {
  const used = names.find((name) => parameters[name] !== undefined);
  if (used === undefined) return;
  throw badField(
    `${field}.${used}`,
    'this extension is not served here; ServerMetadata lists those that are',
  );
}
