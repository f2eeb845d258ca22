import type { CompatServiceDefinition } from 'nice-grpc';
import { MeshError } from '../status/mesh-error.js';
import { RemoteError } from '../status/remote-error.js';
import { statusTable } from '../status/status-table.js';
import type { Channels, MeshClient } from './channels.js';
import { watchHealth } from './watch-health.js';

/** Options of {@link createStagePool}. */
export interface StagePoolOptions {
  channels: Channels;
  /** `host:port` of each instance. */
  addresses: readonly string[];
  /** Full service name that health is watched for. */
  service: string;
  /** `leastOutstanding` (default) takes the instance with the fewest calls under way, in turn among equals; `roundRobin` in turn. */
  policy?: 'leastOutstanding' | 'roundRobin';
}

/** One instance, taken for one call. */
export interface PickedInstance<Definition extends CompatServiceDefinition> {
  readonly address: string;
  readonly client: MeshClient<Definition>;
  /** Gives the instance back. An UNAVAILABLE error ejects it for a while. Further calls have no effect. */
  done(error?: unknown): void;
}

/** Several instances of one stage. */
export interface StagePool<Definition extends CompatServiceDefinition> {
  /**
   * Takes an instance: one that serves, was not ejected and is not in `avoid` if there is any; else the best of the rest.
   *
   * @throws MeshError `stageUnreachable` if there are no addresses.
   */
  pick(options?: { avoid?: ReadonlySet<string> }): PickedInstance<Definition>;
  /** State of each instance, in the order of the addresses. */
  instances(): readonly InstanceState[];
  /** Ends the health watches. */
  close(): void;
}

/** What a pool knows of an instance. */
export interface InstanceState {
  readonly address: string;
  /** False while its health says so or it cannot be reached. */
  readonly serving: boolean;
  /** Calls under way. */
  readonly outstanding: number;
  /** Whether it is passed over after failures. */
  readonly ejected: boolean;
}

interface Instance<Definition extends CompatServiceDefinition> {
  address: string;
  client: MeshClient<Definition>;
  serving: boolean;
  outstanding: number;
  failures: number;
  ejectedUntilMs: number;
}

const firstEjectionMs = 200;
const longestEjectionMs = 10_000;

/** See {@link StagePool}. Until an instance has told its health it counts as serving. */
export function createStagePool<Definition extends CompatServiceDefinition>(
  definition: Definition,
  { channels, addresses, service, policy = 'leastOutstanding' }: StagePoolOptions,
): StagePool<Definition> {
  const closing = new AbortController();
  const instances = addresses.map((address): Instance<Definition> => {
    const client = channels.client(definition, address);
    return { address, client, serving: true, outstanding: 0, failures: 0, ejectedUntilMs: 0 };
  });
  for (const instance of instances) {
    void watchHealth(channels, instance.address, service, closing.signal, (serving) => {
      instance.serving = serving;
      if (serving) instance.ejectedUntilMs = 0;
    });
  }
  let turn = 0;

  const pick = ({ avoid }: { avoid?: ReadonlySet<string> } = {}) => {
    const nowMs = performance.now();
    // Each fault outweighs any number of outstanding calls.
    const badness = ({ address, serving, ejectedUntilMs, outstanding }: Instance<Definition>) =>
      (avoid?.has(address) ? 4e9 : 0) +
      (serving ? 0 : 2e9) +
      (ejectedUntilMs > nowMs ? 1e9 : 0) +
      (policy === 'roundRobin' ? 0 : outstanding);
    let best: Instance<Definition> | undefined;
    for (let i = 0; i < instances.length; i++) {
      const candidate = instances[(turn + i) % instances.length]!;
      if (best === undefined || badness(candidate) < badness(best)) best = candidate;
    }
    if (best === undefined)
      throw new MeshError('stageUnreachable', `No address of ${service} is configured.`);
    turn = (instances.indexOf(best) + 1) % instances.length;
    return taken(best);
  };

  return {
    pick,
    instances: () =>
      instances.map(({ address, serving, outstanding, ejectedUntilMs }) => {
        return { address, serving, outstanding, ejected: ejectedUntilMs > performance.now() };
      }),
    close: () => closing.abort(),
  };
}

function taken<Definition extends CompatServiceDefinition>(
  instance: Instance<Definition>,
): PickedInstance<Definition> {
  const { address, client } = instance;
  instance.outstanding += 1;
  let given = false;
  const done = (error?: unknown) => {
    if (given) return;
    given = true;
    instance.outstanding -= 1;
    if (error instanceof RemoteError && error.code === statusTable.stageUnreachable.code) {
      const ejectionMs = Math.min(longestEjectionMs, firstEjectionMs * 2 ** instance.failures);
      instance.failures += 1;
      instance.ejectedUntilMs = performance.now() + ejectionMs;
    } else if (error === undefined) {
      instance.failures = 0;
      instance.ejectedUntilMs = 0;
    }
  };
  return { address, client, done };
}
