import { startAudioThread } from '@osum/audio';
import {
  createChannels,
  createStagePool,
  MeshError,
  openTelemetry,
  startOperationsEndpoint,
  startServer,
  type Telemetry,
} from '@osum/mesh';
import { type Manifest, openPackage, SAMPLE_RATE } from '@osum/nn';
import {
  FeatureExtractor,
  featureExtractorDefinition,
  LanguageDecoder,
  languageDecoderDefinition,
  SpeechUnderstanding,
} from '@osum/proto';
import type { RunningService } from '@osum/stage';
import { openAccess } from './access/open-access.js';
import { routerStatus } from './error-map.js';
import { capabilitiesOf } from './plan/capabilities.js';
import { createPlanner } from './plan/planner.js';
import type { Router, RouterLimits } from './router.js';
import type { RouterConfig } from './router-config.js';
import { createRouterMetrics, describeInstances } from './router-metrics.js';
import { routerService } from './router-service.js';

/** What services of one process share. Whatever is not given, the router makes for itself. */
export interface RouterRuntime {
  readonly telemetry?: Telemetry;
}

const defaultUtteranceSeconds = 30;
const maxMessageBytes = 1 << 20;
const unboundedPauses = { gapMs: Number.POSITIVE_INFINITY, totalMs: Number.POSITIVE_INFINITY };
// Room for the message's tags and lengths around the audio.
const messageOverheadBytes = 1024;

/** Serves `osum.v1.SpeechUnderstanding`. Resolves when it listens; `ready` resolves when the package is read. */
export async function serveRouter(
  config: RouterConfig,
  runtime: RouterRuntime = {},
): Promise<RunningService> {
  const telemetry = await openTelemetry('router', config, runtime.telemetry);
  const access = await openAccess(config, telemetry);
  let router: Router | null = null;
  const service = routerService(() => {
    if (router === null)
      throw new MeshError('loading', 'The router is still reading its model package; try again.');
    return router;
  });
  const server = await startServer({
    stage: 'router',
    listen: config.listen,
    services: [service],
    telemetry,
    ...access.server,
    admin: config.admin,
    reflection: config.reflection,
    advertise: config.advertise,
    drainGraceMs: config.drainGraceMs,
    mapError: routerStatus,
    // A live stream may pause; `understand` bounds the pauses of recordings.
    limits: { maxMessageBytes: maxMessageBytes + messageOverheadBytes, pace: unboundedPauses },
  });

  const channels = createChannels({ telemetry, credentials: access.channelCredentials });
  const pools = {
    features: createStagePool(featureExtractorDefinition, {
      channels,
      addresses: config.features,
      service: FeatureExtractor.typeName,
    }),
    decoders: createStagePool(languageDecoderDefinition, {
      channels,
      addresses: config.decoders,
      service: LanguageDecoder.typeName,
    }),
  };
  describeInstances(telemetry, { features: pools.features, decoder: pools.decoders });
  const thread = startAudioThread();
  const endpoint =
    config.operations === undefined
      ? null
      : await startOperationsEndpoint({ listen: config.operations, telemetry, health: [server.health] });

  const load = async () => {
    const { manifest } = await openPackage(config.package);
    const capabilities = capabilitiesOf(manifest);
    const metrics = createRouterMetrics(telemetry);
    const planner = createPlanner({ ...config, manifest, capabilities, decoders: pools.decoders, metrics });
    const limits = limitsOf(config, manifest);
    const { admission } = access;
    const sampleRateHz = SAMPLE_RATE;
    router = { manifest, capabilities, planner, pools, thread, limits, metrics, admission, sampleRateHz };
    server.health.set(SpeechUnderstanding.typeName, true);
    telemetry.log.info({ address: server.address, model: manifest.name }, 'serving');
  };

  let ended: Promise<void> | undefined;
  const end = (stop: () => Promise<void> | void) => {
    ended ??= (async () => {
      await stop();
      for (const pool of Object.values(pools)) pool.close();
      channels.close();
      await thread.close();
      await endpoint?.close();
      access.close();
      await telemetry.close();
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
    drain: () => end(() => server.drain()),
    abort: () => end(() => server.abort()),
  };
}

function limitsOf(config: RouterConfig, { audio }: Manifest): RouterLimits {
  const { maxAudioSeconds, maxLiveSeconds, maxAudioBytes, maxPauseMs } = config;
  const { maxParallelUtterances, maxInstructionBytes, silenceLevel } = config;
  const maxUtteranceSeconds =
    config.maxUtteranceSeconds ?? Math.min(defaultUtteranceSeconds, audio.maxSeconds);
  return {
    maxAudioSeconds,
    maxLiveSeconds,
    maxAudioBytes,
    maxPauseMs,
    maxUtteranceSeconds,
    maxParallelUtterances,
    maxInstructionBytes,
    maxMessageBytes,
    silenceLevel,
  };
}
