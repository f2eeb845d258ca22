import { MeshError } from '@osum/mesh';

/** Checks that a request wants the package served here; an empty name always does. Throws NOT_FOUND. */
export function requireModel(wanted: string, served: string): void {
  if (wanted === '' || wanted === served) return;
  throw new MeshError(
    'unknownModel',
    `This stage serves the model package "${served}", not "${wanted}"; leave model empty, or call a stage that serves it.`,
    { facts: { served } },
  );
}
