import { setTimeout as sleep } from 'node:timers/promises';
import type { DescService } from '@bufbuild/protobuf';
import type { DeviceScheduler } from '@osum/device';
import {
  type BoundService,
  type HealthRegistry,
  MeshError,
  type OperationsEndpoint,
  openStageSecurity,
  openTelemetry,
  type Security,
  startOperationsEndpoint,
  startServer,
  type Telemetry,
} from '@osum/mesh';
import { type ModelPackage, openPackage } from '@osum/nn';
import {
  type OpenInferenceModel,
  openInferenceMessageBytes,
  openInferenceService,
} from '@osum/open-inference';
import { describeDevices } from './device-metrics.js';
import { openDevices } from './device-runtime.js';
import { deviceStatus } from './device-status.js';
import type { RunningService } from './running-service.js';
import type { StageConfig } from './stage-config.js';

/** What stages of one process share. Whatever is not given, a stage makes and ends for itself. */
export interface StageRuntime {
  readonly scheduler?: DeviceScheduler;
  readonly telemetry?: Telemetry;
}

/** What a stage is loaded with. */
export interface StageEnvironment {
  readonly scheduler: DeviceScheduler;
  readonly modelPackage: ModelPackage;
  readonly telemetry: Telemetry;
  /** `host:port` under which others reach the stage; its name in reports. */
  readonly instance: string;
  /** For its calls to other stages; undefined in plaintext. */
  readonly channelCredentials: Security['channelCredentials'];
}

/** A stage that has its model. */
export interface LoadedStage {
  /** Refuses what is new and resolves when nothing is under way that later calls must complete. Default: at once. */
  drain?(): Promise<void>;
  /** Frees what the stage holds, when no call is left. */
  close(): Promise<void>;
}

/** How a stage is made. */
export interface StageBlueprint<Loaded extends LoadedStage> {
  /** Such as `encoder`. */
  readonly name: string;
  readonly service: DescService;
  load(environment: StageEnvironment): Promise<Loaded>;
  /** Binds the handlers; `loaded` throws UNAVAILABLE until the stage is loaded. */
  bind(loaded: () => Loaded): BoundService;
  /** The stage as a model of the Open Inference Protocol, which is served beside its own service. Default: it is none. */
  openInference?(loaded: Loaded): OpenInferenceModel;
}

/**
 * Serves a stage: listens at once as NOT_SERVING, loads the model, then serves. Rejects when it cannot listen; a model
 * that cannot be loaded rejects `ready`.
 */
export async function serveStage<Loaded extends LoadedStage>(
  blueprint: StageBlueprint<Loaded>,
  config: StageConfig,
  runtime: StageRuntime = {},
): Promise<RunningService> {
  const { name, service } = blueprint;
  const telemetry = await openTelemetry(name, config, runtime.telemetry);
  const security = await openStageSecurity(config, telemetry);
  let stage: Loaded | null = null;
  let draining = false;
  const { openInference } = blueprint;
  const doors =
    openInference === undefined
      ? []
      : [openInferenceService(() => (stage === null ? null : openInference(stage)))];
  const server = await startServer({
    stage: name,
    listen: config.listen,
    telemetry,
    ...security.server,
    admin: config.admin,
    reflection: config.reflection,
    advertise: config.advertise,
    drainGraceMs: config.drainGraceMs,
    mapError: deviceStatus,
    services: [
      blueprint.bind(() => {
        if (stage === null)
          throw new MeshError('loading', `The ${name} is still loading its model; try again.`);
        return stage;
      }),
      ...doors,
    ],
    ...(doors.length > 0 && { limits: { maxMessageBytes: openInferenceMessageBytes } }),
  });
  const owned: (() => Promise<unknown>)[] = [() => telemetry.close(), async () => security.close()];
  const setServing = (serving: boolean) => {
    for (const { typeName } of [service, ...doors.map(({ desc }) => desc)]) {
      server.health.set(typeName, serving && !draining);
    }
  };
  const openOwn = async () => {
    const { scheduler, close } = await openDevices(config.device);
    owned.push(close);
    return scheduler;
  };
  const load = async () => {
    const scheduler = runtime.scheduler ?? (await openOwn());
    describeDevices(telemetry, scheduler);
    const modelPackage = await openPackage(config.package);
    const unsubscribe = scheduler.onHealth(() => {
      if (stage !== null) setServing(scheduler.health().some(({ state }) => state === 'in-service'));
    });
    const loaded = await blueprint.load({
      scheduler,
      modelPackage,
      telemetry,
      instance: server.address,
      channelCredentials: security.channelCredentials,
    });
    owned.push(() => loaded.close());
    owned.push(async () => unsubscribe());
    stage = loaded;
    setServing(true);
    telemetry.log.info({ address: server.address, model: modelPackage.manifest.name }, 'serving');
  };
  const endpoint = await operations(config, telemetry, server.health);
  if (endpoint !== null) owned.push(() => endpoint.close());

  let ended: Promise<void> | null = null;
  const drain = async () => {
    draining = true;
    setServing(false);
    // Calls that complete sessions are still taken here; the server itself takes none once it drains.
    await Promise.race([stage?.drain?.(), sleep(config.drainGraceMs, undefined, { ref: false })]);
    await server.drain();
  };
  const free = async () => {
    await ready.catch(() => {});
    for (const end of owned.splice(0).reverse()) await end();
  };
  const end = (stop: () => Promise<void> | void) => {
    ended ??= (async () => {
      await stop();
      await free();
    })();
    return ended;
  };
  const ready = load();
  ready.catch(() => end(() => server.abort()));
  return {
    address: server.address,
    adminAddress: server.adminAddress,
    health: server.health,
    ready,
    drain: () => end(drain),
    abort: () => end(() => server.abort()),
  };
}

async function operations(
  config: StageConfig,
  telemetry: Telemetry,
  health: HealthRegistry,
): Promise<OperationsEndpoint | null> {
  if (config.operations === undefined) return null;
  return startOperationsEndpoint({ listen: config.operations, telemetry, health: [health] });
}
