import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chain } from './chain-fixture.js';

/** Everything that a call holds while it runs. */
async function held({ decoder, scheduler, telemetry }: Chain): Promise<Record<string, number>> {
  const { queued, held: leases } = scheduler.stats();
  const sum = (value: (one: ReturnType<typeof decoder.stats>[number]) => number) =>
    decoder.stats().reduce((total, one) => total + value(one), 0);
  return {
    leasesHeld: leases,
    leasesWaiting: queued,
    kvBlocksUsed: sum(({ blocks }) => blocks.used),
    kvBlocksPromised: sum(({ blocks }) => blocks.promised),
    sessionsRunning: sum(({ running }) => running),
    sessionsWaiting: sum(({ waiting }) => waiting),
    queuedUtterances: await gaugeSum(telemetry, 'osum_queue_entries'),
    activeCalls: await gaugeSum(telemetry, 'osum_server_active_calls'),
  };
}

/** Asserts that nothing is held any more anywhere in the chain, within two seconds. */
export async function assertIdle(chain: Chain): Promise<void> {
  let now = await held(chain);
  for (let i = 0; i < 200 && Object.values(now).some((count) => count !== 0); i++) {
    await sleep(10);
    now = await held(chain);
  }
  assert.deepEqual(now, Object.fromEntries(Object.keys(now).map((key) => [key, 0])));
}

/** Calls of a method, such as `SpeechEncoder/Encode`, that run anywhere in the chain. */
export function activeCalls({ telemetry }: Chain, method: string): Promise<number> {
  return gaugeSum(telemetry, 'osum_server_active_calls', (label) => label.includes(method));
}

// Health watches of the stages' pools stay open by design.
const isNoWatch = (label: string) => !label.includes('Health/Watch');

async function gaugeSum(
  { registry }: Chain['telemetry'],
  name: string,
  wanted: (label: string) => boolean = isNoWatch,
): Promise<number> {
  const metric = await registry.getSingleMetric(name)?.get();
  return (metric?.values ?? [])
    .filter(({ labels }) => Object.values(labels).every((label) => wanted(String(label))))
    .reduce((sum, { value }) => sum + value, 0);
}
