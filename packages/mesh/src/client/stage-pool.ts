import type { CompatServiceDefinition } from 'nice-grpc';
import { MeshError } from '../status/mesh-error.js';
import { RemoteError } from '../status/remote-error.js';
import { statusTable } from '../status/status-table.js';
import type { Channels, MeshClient } from './channels.js';
import { followName, isFollowedName, type NameResolution } from './follow-name.js';
import { watchHealth } from './watch-health.js';

/** Options of {@link createStagePool}. */
export interface StagePoolOptions {
  channels: Channels;
  /**
   * `host:port` of each instance; `dns:///host:port` stands for one at each address behind the name, which is looked up again every
   * 5 s: a headless Kubernetes service, say, whose pods come and go.
   */
  addresses: readonly string[];
  /** Full service name that health is watched for. */
  service: string;
  /** `leastOutstanding` (default) takes the instance with the fewest calls under way, in turn among equals; `roundRobin` in turn. */
  policy?: 'leastOutstanding' | 'roundRobin';
  /** How names are looked up. */
  resolution?: NameResolution;
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
   * @throws MeshError `stageUnreachable` if there are no addresses, or none of the names has been found yet.
   */
  pick(options?: { avoid?: ReadonlySet<string> }): PickedInstance<Definition>;
  /** State of each instance, in the order in which they became known. */
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
  /** Ends its health watch. */
  readonly watch: AbortController;
  /** Set when its name stands for it no more: its channel goes with its last call. */
  removed: boolean;
}

const firstEjectionMs = 200;
const longestEjectionMs = 10_000;

/** See {@link StagePool}. Until an instance has told its health it counts as serving. */
export function createStagePool<Definition extends CompatServiceDefinition>(
  definition: Definition,
  { channels, addresses, service, policy = 'leastOutstanding', resolution }: StagePoolOptions,
): StagePool<Definition> {
  const closing = new AbortController();
  let instances: Instance<Definition>[] = [];
  const add = (address: string) => {
    const instance: Instance<Definition> = {
      address,
      client: channels.client(definition, address),
      serving: true,
      outstanding: 0,
      failures: 0,
      ejectedUntilMs: 0,
      watch: new AbortController(),
      removed: false,
    };
    instances.push(instance);
    void watchHealth(channels, address, service, instance.watch.signal, (serving) => {
      instance.serving = serving;
      if (serving) instance.ejectedUntilMs = 0;
    });
  };
  const release = ({ address, outstanding }: Instance<Definition>) => {
    if (outstanding === 0) channels.release(address);
  };
  const remove = (instance: Instance<Definition>) => {
    instances = instances.filter((other) => other !== instance);
    instance.watch.abort();
    instance.removed = true;
    release(instance);
  };
  for (const address of addresses) {
    if (!isFollowedName(address)) add(address);
  }
  for (const name of addresses.filter(isFollowedName)) {
    let known: readonly string[] = [];
    const update = (found: readonly string[]) => {
      const gone = known.filter((address) => !found.includes(address));
      for (const instance of instances) if (gone.includes(instance.address)) remove(instance);
      for (const address of found) if (!known.includes(address)) add(address);
      known = found;
    };
    void followName(name, closing.signal, update, resolution);
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
    if (best === undefined) throw new MeshError('stageUnreachable', nobody(service, addresses));
    turn = (instances.indexOf(best) + 1) % instances.length;
    return taken(best, release);
  };

  return {
    pick,
    instances: () =>
      instances.map(({ address, serving, outstanding, ejectedUntilMs }) => {
        return { address, serving, outstanding, ejected: ejectedUntilMs > performance.now() };
      }),
    close() {
      closing.abort();
      for (const { watch } of instances) watch.abort();
    },
  };
}

function nobody(service: string, addresses: readonly string[]): string {
  if (addresses.length === 0) return `No address of ${service} is configured.`;
  return `No instance of ${service} is known: ${addresses.join(', ')} resolves to no address yet.`;
}

function taken<Definition extends CompatServiceDefinition>(
  instance: Instance<Definition>,
  release: (instance: Instance<Definition>) => void,
): PickedInstance<Definition> {
  const { address, client } = instance;
  instance.outstanding += 1;
  let given = false;
  const done = (error?: unknown) => {
    if (given) return;
    given = true;
    instance.outstanding -= 1;
    if (instance.removed) release(instance);
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
