import { setTimeout as sleep } from 'node:timers/promises';
import { type Channels, createChannels, createTelemetry, type Security } from '@osum/mesh';
import { addressKeys, type EnvoyOptions, envoyOptionsSchema } from '../envoy/envoy-options.js';
import type { EnvoyHost } from '../local/envoy-admin.js';
import { type EnvoyProcess, startEnvoy } from '../local/envoy-process.js';
import { freePorts } from '../local/free-ports.js';
import { stageNames } from '../mesh/stages.js';
import { type Behaviour, type FakeStage, startFakeStage } from './fake-stage.js';

/** The real Envoy before two fakes of every stage. */
export interface Fronted {
  readonly envoy: EnvoyProcess;
  readonly stages: readonly [FakeStage, FakeStage];
  /** What calls do; may be changed at any time. */
  readonly behaviour: Behaviour;
  readonly channels: Channels;
  /** `host:port` */
  readonly door: string;
  /** `host:port` */
  readonly mesh: string;
  /** Calls of a method that reached the fakes since `forget`. */
  reached(call: string): number[];
  /** Waits until Envoy calls so many instances of each stage healthy. */
  untilHealthy(instances: number): Promise<void>;
  end(): Promise<void>;
}

const pollMs = 50;
const healthMs = 20_000;

/** See {@link Fronted}; `security` is that of the fakes, and of the calls that the test makes. */
export async function startFronted(
  options: Partial<EnvoyOptions> = {},
  { server, channelCredentials }: Partial<Security> = {},
): Promise<Fronted> {
  const behaviour: Behaviour = {};
  const stages = await Promise.all([startFakeStage(behaviour, server), startFakeStage(behaviour, server)]);
  const [door, mesh, adminPort] = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
  const both = stages.map(({ address }) => address);
  const envoy = await startEnvoy(
    envoyOptionsSchema.parse({
      doorListen: door,
      meshListen: mesh,
      adminListen: adminPort,
      ...Object.fromEntries(stageNames.map((stage) => [addressKeys[stage], both])),
      ...options,
    }),
  );
  const channels = createChannels({
    telemetry: createTelemetry({ name: 'test', logLevel: 'silent' }),
    credentials: channelCredentials,
  });
  const fronted: Fronted = {
    envoy,
    stages,
    behaviour,
    channels,
    door: door!,
    mesh: mesh!,
    reached: (call) => stages.map(({ calls }) => calls.filter((made) => made === call).length),
    async untilHealthy(instances) {
      for (const until = Date.now() + healthMs; ; await sleep(pollMs)) {
        const hosts = await envoy.admin.hosts();
        const healthy = hosts.filter(({ healthFlags }) => healthFlags === 'healthy').length;
        if (healthy === instances * stageNames.length) return;
        if (Date.now() > until) throw new Error(`Envoy sees ${hosts.map(summary).join(', ')}`);
      }
    },
    async end() {
      channels.close();
      await envoy.end();
      for (const { server } of stages) server.abort();
    },
  };
  await fronted.untilHealthy(2);
  return fronted;
}

function summary({ cluster, address, healthFlags }: EnvoyHost): string {
  return `${cluster} ${address} ${healthFlags}`;
}
