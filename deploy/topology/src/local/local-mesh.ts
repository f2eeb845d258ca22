import { setTimeout as sleep } from 'node:timers/promises';
import { addressKeys, type EnvoyOptions, envoyOptionsSchema } from '../envoy/envoy-options.js';
import { type StageName, stageNames, stages } from '../mesh/stages.js';
import type { EnvoyHost } from './envoy-admin.js';
import { type EnvoyProcess, envoyBinary, startEnvoy } from './envoy-process.js';
import { freePorts } from './free-ports.js';
import { createInstances } from './instances.js';
import { type ServiceProcess, startService } from './service-process.js';

/** What a mesh of processes is made of. */
export interface LocalMeshOptions {
  /** Folder of the model package. */
  readonly package: string;
  /** Instances of each stage. Default: 1. */
  readonly instances?: Partial<Record<StageName, number>>;
  /** `host:port` that clients call. Default: a free port on loopback. */
  readonly listen?: string;
  /** Whether stages call each other's instances without Envoy, which then only stands before the routers. Default: false. */
  readonly direct?: boolean;
  /** Options of Envoy beside its addresses. */
  readonly envoy?: Partial<EnvoyOptions>;
  /** Least level of the instances' log lines, on standard error. Default: `warn`. */
  readonly logLevel?: string;
  /** Further flags of a stage's instances. */
  readonly flags?: Partial<Record<StageName, readonly string[]>>;
  /** Added to the environment of a stage's instances. */
  readonly env?: Partial<Record<StageName, Readonly<Record<string, string>>>>;
}

/** A mesh of processes on loopback, behind Envoy. */
export interface LocalMesh {
  /** `host:port` of the door. */
  readonly address: string;
  readonly envoy: EnvoyProcess;
  /** The instances that run. */
  instances(stage?: StageName): readonly ServiceProcess[];
  /** Ends an instance with a signal: its exit code, or null if the signal killed it. */
  end(instance: ServiceProcess, signal: NodeJS.Signals): Promise<number | null>;
  /** Starts an instance at the address of one that ended. */
  restart(instance: ServiceProcess): Promise<ServiceProcess>;
  /** Waits until Envoy calls all instances that run healthy, and all others not. */
  settled(): Promise<void>;
  /** Waits until an instance has a call under way, so that its end disturbs one. Throws if none comes. */
  busy(instance: ServiceProcess): Promise<void>;
  /** Ends all: drains if `signal` is SIGTERM. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const settleMs = 30_000;
const pollMs = 100;
const busyMs = 20_000;
// Calls may be short.
const busyPollMs = 5;

/**
 * Starts every stage as processes of their own, and the real Envoy before and between them. Stages call each other through Envoy;
 * only the speech goes straight to the decoder that waits for it. Resolves when Envoy calls all of them healthy.
 */
export async function startLocalMesh(options: LocalMeshOptions): Promise<LocalMesh> {
  // Without it everything else would be started for nothing.
  envoyBinary();
  const places = stageNames.flatMap((stage) =>
    Array.from({ length: options.instances?.[stage] ?? 1 }, () => stage),
  );
  const [door, inner, adminPort, ...ports] = await freePorts(places.length + 3);
  const addressesOf = (wanted: StageName) =>
    places.flatMap((stage, index) => (stage === wanted ? [`127.0.0.1:${ports[index]}`] : []));
  const envoyOptions = envoyOptionsSchema.parse({
    doorListen: options.listen ?? `127.0.0.1:${door}`,
    meshListen: `127.0.0.1:${inner}`,
    adminListen: `127.0.0.1:${adminPort}`,
    ...Object.fromEntries(stageNames.map((stage) => [addressKeys[stage], addressesOf(stage)])),
    ...options.envoy,
  });
  const instances = createInstances((stage, listen) =>
    startService({
      stage,
      listen,
      flags: [
        ...['--package', options.package, '--log-level', options.logLevel ?? 'warn'],
        ...Object.entries(stages[stage].calls).flatMap(([key, called]) => [
          `--${key}`,
          options.direct ? addressesOf(called).join(',') : envoyOptions.meshListen,
        ]),
        ...(options.flags?.[stage] ?? []),
      ],
      ...(options.env?.[stage] && { env: options.env[stage] }),
    }),
  );

  const starting = places.map((stage, index) => instances.start(stage, `127.0.0.1:${ports[index]}`));
  const outcomes = await Promise.allSettled(starting);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    await instances.endAll('SIGKILL');
    throw failed.reason;
  }
  const envoy = await startEnvoy(envoyOptions).catch(async (error) => {
    await instances.endAll('SIGKILL');
    throw error;
  });

  const mesh: LocalMesh = {
    address: envoyOptions.doorListen,
    envoy,
    instances: (stage) => instances.list(stage),
    end: (instance, signal) => instances.end(instance, signal),
    restart: ({ stage, address }) => instances.start(stage, address),
    async settled() {
      const until = Date.now() + settleMs;
      while (true) {
        const isStage = ({ cluster }: EnvoyHost) => (stageNames as readonly string[]).includes(cluster);
        const hosts = (await envoy.admin.hosts()).filter(isStage);
        const up = new Set(instances.list().map(({ address }) => address));
        const wrong = hosts.filter(
          ({ address, healthFlags }) => (healthFlags === 'healthy') !== up.has(address),
        );
        if (wrong.length === 0) return;
        if (Date.now() > until) {
          const seen = wrong.map(
            ({ cluster, address, healthFlags }) => `${cluster} ${address} ${healthFlags}`,
          );
          throw new Error(`after ${settleMs} ms Envoy still sees ${seen.join(', ')}`);
        }
        await sleep(pollMs);
      }
    },
    async busy({ stage, address }) {
      const active = async () =>
        (await envoy.admin.hosts()).find((host) => host.address === address)?.counters.rq_active ?? 0;
      for (const until = Date.now() + busyMs; (await active()) === 0; await sleep(busyPollMs)) {
        if (Date.now() > until) throw new Error(`no call reached ${stage} at ${address} within ${busyMs} ms`);
      }
    },
    async stop(signal = 'SIGKILL') {
      await instances.endAll(signal);
      await envoy.end();
    },
  };
  try {
    await mesh.settled();
  } catch (error) {
    await mesh.stop();
    throw error;
  }
  return mesh;
}
