import { type MeshContext, outgoing, type PickedInstance, RemoteError, type StagePool } from '@osum/mesh';
import type { CompatServiceDefinition } from 'nice-grpc';

/** Options of a call that carries on the caller's signal, deadline, trace and tenant. */
export type Outgoing = ReturnType<typeof outgoing>;

/** Attempts at a call that may be repeated: one, and one more on another instance. */
export const attemptsElsewhere = 2;

/**
 * Calls an instance of the pool; if it fails with a status that may well not happen elsewhere, calls another once. For calls that
 * may be repeated as a whole.
 */
export async function callElsewhere<Definition extends CompatServiceDefinition, T>(
  pool: StagePool<Definition>,
  context: MeshContext,
  use: (client: PickedInstance<Definition>['client'], options: Outgoing) => Promise<T>,
): Promise<T> {
  const avoid = new Set<string>();
  for (let attempt = 1; ; attempt++) {
    const picked = pool.pick({ avoid });
    try {
      const result = await use(picked.client, outgoing(context));
      picked.done();
      return result;
    } catch (error) {
      picked.done(error);
      const elsewhere = error instanceof RemoteError && error.retryElsewhere;
      if (!elsewhere || attempt === attemptsElsewhere) throw error;
      avoid.add(picked.address);
    }
  }
}
