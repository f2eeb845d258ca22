import { status } from '@grpc/grpc-js';
import { health, serviceDefinition } from '@osum/proto';
import { sleep } from '../deadline/abortable.js';
import { RemoteError } from '../status/remote-error.js';
import type { Channels } from './channels.js';

const healthDefinition = serviceDefinition(health.Health);
const { SERVING } = health.HealthCheckResponse_ServingStatus;
const firstRetryMs = 100;
const longestRetryMs = 2_000;

/**
 * Tells `onChange` whether a service at `address` serves, until `signal` aborts. An instance that cannot be reached does not; one
 * without a health service does (the rule of gRPC's clients). Never throws.
 */
export async function watchHealth(
  channels: Channels,
  address: string,
  service: string,
  signal: AbortSignal,
  onChange: (serving: boolean) => void,
): Promise<void> {
  const client = channels.client(healthDefinition, address);
  let retryMs = firstRetryMs;
  while (!signal.aborted) {
    try {
      for await (const { status: serving } of client.watch({ service }, { signal })) {
        onChange(serving === SERVING);
        retryMs = firstRetryMs;
      }
      onChange(false);
    } catch (error) {
      if (error instanceof RemoteError && error.code === status.UNIMPLEMENTED) return onChange(true);
      onChange(false);
    }
    await sleep(retryMs, signal).catch(() => {});
    retryMs = Math.min(longestRetryMs, 2 * retryMs);
  }
}
